//===- Builtins.cpp - Kernels of the runtime itself -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/Builtins.h"
#include "runtime/core/Fail.h"
#include "runtime/core/JsonView.h"
#include "runtime/cpu/Route.h"

namespace moec::rt {

Builtin::~Builtin() = default;

namespace {
class RouteBuiltin : public Builtin {
public:
  explicit RouteBuiltin(const Kernel &kernel) {
    constexpr int64_t most = int64_t(1) << 30;
    nlohmann::json document =
        parseJson(kernel.attributes.empty() ? "{}" : kernel.attributes,
                  "the attributes of builtin:route");
    JsonView view(document, "attributes of builtin:route");
    shape.items = view.at("items").integer(0, most);
    shape.experts = view.at("experts").integer(1, most);
    shape.k = view.at("k").integer(1, most);
    shape.capacity = view.at("capacity").integer(0, most);
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

std::shared_ptr<const Builtin> makeBuiltin(const Kernel &kernel) {
  if (kernel.symbol == "builtin:route")
    return std::make_shared<RouteBuiltin>(kernel);
  fail("unknown kernel \"{}\"; this runtime has: builtin:route", kernel.symbol);
}

void checkBuiltinArguments(const Kernel &kernel, size_t count) {
  if (kernel.symbol == "builtin:route" && count != 3)
    fail("builtin:route takes 3 operands (gates, weights, plan), a launch has "
         "{}",
         count);
}

} // namespace moec::rt
