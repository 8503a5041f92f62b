//===- RouteCall.cpp - builtin:route --------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/HostCall.h"
#include "runtime/core/JsonView.h"
#include "runtime/cpu/Route.h"
#include <limits>

namespace moec::rt {

namespace {
class RouteCall : public HostCall {
public:
  explicit RouteCall(const Kernel &kernel) {
    constexpr int64_t most = std::numeric_limits<int32_t>::max();
    nlohmann::json document =
        parseJson(kernel.attributes.empty() ? "{}" : kernel.attributes,
                  "the attributes of builtin:route");
    JsonView view(document, "attributes of builtin:route");
    shape.items = view.at("items").integer(0, most);
    shape.experts = view.at("experts").integer(1, most);
    shape.k = view.at("k").integer(1, most);
    shape.capacity = view.at("capacity").integer(0, most);
    shape.groups = view.at("groups").integer(1, most);
    if (shape.items % shape.groups != 0)
      view.at("groups").error(fmt::format("{} groups do not divide {} items",
                                          shape.groups, shape.items));
    if (shape.k > shape.experts)
      view.at("k").error(
          fmt::format("{} choices of {} experts", shape.k, shape.experts));
    if (shape.items * shape.k > most)
      view.error("items * k is too large");
    std::string priority =
        view.find("priority") ? view.at("priority").string() : "position";
    if (priority == "importance")
      shape.byImportance = true;
    else if (priority != "position")
      view.at("priority")
          .error(fmt::format("expected position or importance, got \"{}\"",
                             priority));
  }
  std::vector<int64_t> operandBytes() const override {
    return {4 * shape.items * shape.experts, 4 * shape.items * shape.k,
            4 * routePlanElements(shape)};
  }
  int64_t scratchBytes() const override {
    return routeScratchBytes(shape.items, shape.experts, shape.k);
  }
  void run(void *const *args, void *scratch) const override {
    route(shape, static_cast<const float *>(args[0]),
          static_cast<float *>(args[1]), static_cast<int32_t *>(args[2]),
          scratch);
  }

private:
  RouteShape shape;
};
} // namespace

/// route() of runtime/cpu/Route.h, as docs/module-format.md tells of it.
extern const HostCallInfo routeCall = {
    "route", "gates, weights, plan",
    [](const Kernel &kernel) -> std::shared_ptr<const HostCall> {
      return std::make_shared<RouteCall>(kernel);
    }};

} // namespace moec::rt
