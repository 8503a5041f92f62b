//===- ZooTest.cpp - The tables of the zoo --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// That the tables are sound: a misspelt setting would be overlooked without.
// What the models compute is tested where there is a compiler, in the lit tests
// beside this.
//
//===----------------------------------------------------------------------===//

#include "lib/Zoo/Zoo.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

using namespace moec::zoo;

/// What is wrong with a setting, whoever has it; "" if nothing is.
static std::string problemOf(const Setting &setting) {
  const auto &[name, value] = setting;
  for (const Option &option : allOptions()) {
    if (option.name != name)
      continue;
    if (option.kind != value.kind)
      return name + " has a value of another kind";
    bool good = true;
    switch (option.kind) {
    case Value::Kind::Integer:
      good = value.integer >= option.least && value.integer <= option.most;
      break;
    case Value::Kind::Real:
      good = option.zero ? value.real >= 0 : value.real > 0;
      break;
    case Value::Kind::Word:
      good = std::count(option.words.begin(), option.words.end(), value.word);
      break;
    }
    return good ? "" : name + " is out of its range: " + value.text();
  }
  return name + " is no option";
}

TEST(Zoo, SettingsAreOptionsOfTheFamily) {
  std::set<std::string> used;
  for (const Family *family : allFamilies()) {
    std::set<std::string> own;
    for (const Setting &setting : family->options) {
      EXPECT_EQ(problemOf(setting), "") << family->name;
      EXPECT_TRUE(own.insert(setting.first).second) << setting.first;
    }
    for (const Entry &entry : family->entries) {
      std::vector<Setting> all = entry.settings;
      if (entry.published)
        all.insert(all.end(), entry.published->with.begin(),
                   entry.published->with.end());
      for (const Setting &setting : all) {
        EXPECT_EQ(problemOf(setting), "") << entry.name;
        EXPECT_TRUE(own.count(setting.first))
            << entry.name << ": " << setting.first;
      }
    }
    used.insert(own.begin(), own.end());
  }
  for (const Option &option : allOptions())
    EXPECT_TRUE(used.count(option.name)) << option.name;
}

TEST(Zoo, NamesAreUnique) {
  std::set<std::string> names;
  for (const Model &model : allModels()) {
    EXPECT_TRUE(names.insert(model.entry->name).second) << model.entry->name;
    auto found = findModel(model.entry->name);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->entry, model.entry);
    EXPECT_EQ(found->family, model.family);
  }
  EXPECT_FALSE(findModel("mixer"));
}

TEST(Zoo, WritesModels) {
  for (const Model &model : allModels()) {
    std::string problem;
    auto text = writeModel(model, {}, {}, problem);
    ASSERT_TRUE(text) << model.entry->name << ": " << problem;
    auto json = nlohmann::json::parse(*text);
    EXPECT_EQ(json["name"], model.entry->name);
    EXPECT_EQ(json["dims"]["batch"], defaultBatch);
    // People read it: what fits stands on one line, and nothing is longer but
    // sentences.
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);)
      EXPECT_TRUE(line.size() <= 120 || line.find("description") != line.npos)
          << line;
  }
}

TEST(Zoo, WritesPretraining) {
  for (const char *name : {"vit-b16", "mixer-l16", "sparse-l"}) {
    std::string problem;
    auto text =
        writeModel(*findModel(name), {{"pretrain", "moco-v3"}}, {16}, problem);
    ASSERT_TRUE(text) << name << ": " << problem;
    auto json = nlohmann::json::parse(*text);
    EXPECT_EQ(json["outputs"], nlohmann::json({"encoder"}));
    EXPECT_FALSE(json["inputs"].contains("label"));
    EXPECT_TRUE(json["training"]["shadows"].contains("momentum"));
  }
}

TEST(Zoo, TakesOptionsAndBatches) {
  Model model = *findModel("vit-s16");
  std::string problem;
  auto text = writeModel(model, {{"layers", 3}, {"layers", 4}, {"classes", 7}},
                         {8, 1}, problem);
  ASSERT_TRUE(text) << problem;
  auto json = nlohmann::json::parse(*text);
  EXPECT_EQ(json["dims"]["batch"], nlohmann::json({8, 1}));
  EXPECT_EQ(json["dims"]["classes"], 7);
  EXPECT_NE(text->find("\"count\": 4"), text->npos); // the last one counts
}

TEST(Zoo, TellsWhatIsWrong) {
  Model model = *findModel("mixer-b16");
  std::string problem;
  EXPECT_FALSE(writeModel(model, {{"heads", 3}}, {}, problem));
  EXPECT_EQ(problem.find("mixer-b16 has no option --heads; it has --image, "),
            0u);
  EXPECT_FALSE(writeModel(model, {{"image", 100}}, {}, problem));
  EXPECT_EQ(problem, "--image 100 is no multiple of --patch 16");
  model = *findModel("mlit-xxs");
  auto expect = [&](const std::vector<Setting> &given, const char *what) {
    EXPECT_FALSE(writeModel(model, given, {}, problem));
    EXPECT_EQ(problem, what);
  };
  expect({{"mask", 0.5}},
         "--mask 0.5 has nothing to act on with --pretrain none");
  expect({{"pretrain", "mae"}, {"classes", 5}},
         "--pretrain mae trains without classes, and not with --classes 5");
  expect({{"pretrain", "mae"}, {"mask", 0.999}},
         "--mask 0.999 leaves 0 of 144 patches to see");
  expect({{"pretrain", "mae"}, {"decoder-heads", 5}},
         "--decoder-heads 5 does not divide --decoder-width 108");
  expect({{"pretrain", "mae"}, {"decoder-heads", 3}},
         "--decoder-heads 3 are no groups of --heads 6 with --kv-heads 3");
  model = *findModel("sparse-s");
  expect({{"c-k", 1}}, "--c-k 1 has nothing to act on with --c-experts 0");
  expect({{"s-k", 5}}, "--s-k 5 is more than --s-experts 4");
}
