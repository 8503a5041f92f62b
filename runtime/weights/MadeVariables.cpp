//===- MadeVariables.cpp - What a map makes of some weights ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Fail.h"
#include "runtime/weights/Conversion.h"

#include <set>

namespace moec::rt {

namespace {
/// The tensor of an entry for one layer and expert, or null.
const StoredTensor *findTensor(const std::vector<const TensorFile *> &files,
                               const WeightRule &rule, int64_t layer,
                               int64_t expert) {
  for (const TensorFile *file : files)
    for (const std::string &from : rule.from)
      if (const StoredTensor *tensor =
              file->find(fillIn(fillIn(from, layerPlace, std::to_string(layer)),
                                expertPlace, std::to_string(expert))))
        return tensor;
  return nullptr;
}
} // namespace

std::vector<TensorWriter::Tensor>
variablesMadeBy(const WeightMap &map,
                const std::vector<const TensorFile *> &files) {
  if (map.layers.size() > 1 ||
      (map.layers.size() == 1 && map.layers[0].size() > 1))
    fail("map {} has several stacks of layers, and only a model says how long "
         "each is; fix: give the model, MODEL FILE.. --map {} -o OUT",
         map.name, map.name);
  std::vector<TensorWriter::Tensor> variables;
  std::set<std::string> names;
  for (const WeightRule &rule : map.rules) {
    const StoredTensor *tensor = findTensor(files, rule, 0, 0);
    if (!tensor) {
      if (!rule.optional)
        fail("no file has the tensor \"{}\", which {} of map {} asks for",
             fillIn(fillIn(rule.from[0], layerPlace, "0"), expertPlace, "0"),
             rule.place, map.name);
      continue;
    }
    std::string name = rule.to;
    std::vector<int64_t> shape;
    // As far as there are any; what is left over is found by the plan.
    auto count = [&](auto find) {
      int64_t number = 1;
      while (find(number))
        ++number;
      shape.push_back(number);
    };
    if (rule.to.find(layerPlace) != std::string::npos) {
      if (map.layers.empty())
        fail("map {} names no stack in \"layers\" for {}", map.name,
             rule.place);
      name = fillIn(rule.to, layerPlace, map.layers[0][0]);
      count([&](int64_t layer) { return findTensor(files, rule, layer, 0); });
    }
    if (rule.from[0].find(expertPlace) != std::string::npos)
      count([&](int64_t expert) { return findTensor(files, rule, 0, expert); });
    try {
      for (int64_t size : rule.axes.apply(tensor->shape).shape)
        shape.push_back(size);
    } catch (const Error &e) {
      fail("tensor \"{}\" {}: {} ({} of map {})", tensor->name, tensor->text(),
           e.what(), rule.place, map.name);
    }
    // Of several entries for one variable the plan says that they are several.
    if (names.insert(name).second)
      variables.push_back({name, shape});
  }
  return variables;
}

} // namespace moec::rt
