//===- Zoo.cpp - The list of models ---------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Zoo/Zoo.h"
#include "lib/Zoo/Family.h"

using namespace moec::zoo;

const std::vector<const Family *> &moec::zoo::allFamilies() {
#define MOEC_ADDRESS(family) &family,
  static const std::vector<const Family *> families = {
      MOEC_ZOO_FAMILIES(MOEC_ADDRESS)};
#undef MOEC_ADDRESS
  return families;
}

std::vector<Model> moec::zoo::allModels() {
  std::vector<Model> models;
  for (const Family *family : allFamilies())
    for (const Entry &entry : family->entries)
      models.push_back({family, &entry});
  return models;
}

std::optional<Model> moec::zoo::findModel(const std::string &name) {
  for (const Model &model : allModels())
    if (model.entry->name == name)
      return model;
  return std::nullopt;
}

std::vector<Setting> Model::settings() const {
  std::vector<Setting> all = family->options;
  for (Setting &setting : all)
    for (const auto &[name, value] : entry->settings)
      if (name == setting.first)
        setting.second = value;
  return all;
}

std::optional<std::string>
moec::zoo::writeModel(const Model &model, const std::vector<Setting> &given,
                      const std::vector<int64_t> &batches,
                      std::string &problem) {
  Values values;
  std::string known;
  for (const Setting &setting : model.settings()) {
    values.set(setting, /*given=*/false);
    known += (known.empty() ? "--" : ", --") + setting.first;
  }
  for (const Setting &setting : given) {
    if (!values.has(setting.first)) {
      problem = model.entry->name + " has no option --" + setting.first +
                "; it has " + known;
      return std::nullopt;
    }
    values.set(setting, /*given=*/true);
  }
  problem = model.family->check(values);
  if (problem.empty())
    problem = checkTraining(values);
  if (!problem.empty())
    return std::nullopt;
  Json batch = defaultBatch;
  if (batches.size() == 1)
    batch = batches.front();
  else if (!batches.empty())
    batch = batches;
  Draft draft(values, std::move(batch));
  model.family->build(values, draft);
  std::string name = model.entry->name;
  if (values.has("pretrain") && !pretrains(values, "none"))
    name += "-" + values.word("pretrain");
  return layOut(draft.finish(name, model.family->title));
}
