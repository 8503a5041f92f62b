//===- ExpertRouteCall.cpp - builtin:expert_route -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/HostCall.h"
#include "runtime/core/JsonView.h"
#include "runtime/cpu/ExpertRoute.h"
#include <limits>

namespace moec::rt {

namespace {
class ExpertRouteCall : public HostCall {
public:
  explicit ExpertRouteCall(const Kernel &kernel) {
    constexpr int64_t most = std::numeric_limits<int32_t>::max();
    nlohmann::json document =
        parseJson(kernel.attributes.empty() ? "{}" : kernel.attributes,
                  "the attributes of builtin:expert_route");
    JsonView view(document, "attributes of builtin:expert_route");
    shape.items = view.at("items").integer(1, most);
    shape.experts = view.at("experts").integer(1, most);
    shape.groups = view.at("groups").integer(1, most);
    shape.capacity = view.at("capacity").integer(1, most);
    if (shape.items % shape.groups)
      view.at("groups").error(fmt::format("{} groups do not divide {} items",
                                          shape.groups, shape.items));
    if (shape.capacity > shape.groupItems())
      view.at("capacity")
          .error(fmt::format("{} items of a group of {}", shape.capacity,
                             shape.groupItems()));
    if (shape.items * shape.experts > most)
      view.error("items * experts is too large");
  }
  std::vector<int64_t> operandBytes() const override {
    return {4 * shape.items * shape.experts, 4 * shape.planElements()};
  }
  int64_t scratchBytes() const override { return shape.scratchBytes(); }
  void run(void *const *args, void *scratch) const override {
    expertRoute(shape, static_cast<const float *>(args[0]),
                static_cast<int32_t *>(args[1]), scratch);
  }

private:
  ExpertRouteShape shape;
};
} // namespace

/// expertRoute() of runtime/cpu/ExpertRoute.h, as docs/module-format.md tells
/// of it.
extern const HostCallInfo expertRouteCall = {
    "expert_route", "gates, plan",
    [](const Kernel &kernel) -> std::shared_ptr<const HostCall> {
      return std::make_shared<ExpertRouteCall>(kernel);
    }};

} // namespace moec::rt
