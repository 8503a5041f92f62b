//===- ManifestVariables.cpp - Read blocks and variables ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/ManifestVariables.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Limits.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace moec::rt {

void readTensor(const JsonView &view, TensorInfo &tensor, bool derived) {
  tensor.name = view.at("name").string();
  std::string dtype = view.at("dtype").string();
  if (dtype == "u8")
    tensor.dtype = DType::U8;
  else if (dtype == "i32")
    tensor.dtype = DType::I32;
  else if (dtype == "f32")
    tensor.dtype = DType::F32;
  else if (dtype == "bf16" && derived)
    tensor.dtype = DType::BF16;
  else
    view.at("dtype").error(fmt::format("expected u8, i32{} or f32, got \"{}\"",
                                       derived ? ", bf16" : "", dtype));
  tensor.shape = view.at("shape").shape(tensor.elements);
}

Role readRole(const JsonView &view) {
  std::string name = view.string();
  for (Role role : allRoles)
    if (name == roleName(role))
      return role;
  view.error(fmt::format("expected parameter, statistic, moment, shadow or "
                         "derived, got \"{}\"",
                         name));
}

static VariableInit readInit(const JsonView &view, const Variable &variable) {
  VariableInit init;
  std::string op = view.at("op").string();
  using Kind = VariableInit::Kind;
  if (op == "zeros") {
    init.kind = Kind::Zeros;
  } else if (op == "ones") {
    init.kind = Kind::Ones;
  } else if (op == "constant") {
    init = {Kind::Constant, view.at("value").number()};
  } else if (op == "normal") {
    init = {Kind::Normal, view.at("std").number()};
  } else if (op == "uniform") {
    init = {Kind::Uniform, view.at("limit").number()};
  } else {
    view.at("op").error(fmt::format("expected zeros, ones, constant, normal or "
                                    "uniform, got \"{}\"",
                                    op));
  }
  if (auto axis = view.find("alike"))
    init.alike = axis->integer(0, int64_t(variable.shape.size()) - 1);
  if (variable.dtype != DType::F32 && init.kind != Kind::Zeros &&
      init.kind != Kind::Ones)
    view.at("op").error(
        fmt::format("\"{}\" is of {}: expected zeros or ones, got \"{}\"",
                    variable.name, dtypeName(variable.dtype), op));
  return init;
}

static void readBlocks(const JsonView &root, Manifest &manifest) {
  for (const JsonView &view : root.at("blocks").items()) {
    VariableBlock block;
    block.name = roleName(readRole(view.at("name")));
    for (const VariableBlock &other : manifest.blocks)
      if (other.name == block.name)
        view.error(fmt::format("block \"{}\" stands twice", block.name));
    block.bytes = view.at("bytes").integer(0, maxBytes);
    manifest.blocks.push_back(std::move(block));
  }
}

static int64_t readBlockName(const JsonView &view, const Manifest &manifest) {
  std::string name = view.string();
  for (size_t i = 0; i < manifest.blocks.size(); ++i)
    if (manifest.blocks[i].name == name)
      return int64_t(i);
  view.error(fmt::format("\"{}\" is none of the module's blocks", name));
}

static Variable readVariable(const JsonView &view, const Manifest &manifest) {
  Variable variable;
  variable.role = readRole(view.at("role"));
  readTensor(view, variable, variable.role == Role::Derived);
  variable.block = readBlockName(view.at("block"), manifest);
  const VariableBlock &block = manifest.blocks[variable.block];
  variable.offset = view.at("offset").integer(0, block.bytes);
  if (variable.offset % dtypeBytes(variable.dtype) != 0)
    view.at("offset").error(
        fmt::format("expected a multiple of {} bytes, the size of {}, got {}",
                    dtypeBytes(variable.dtype), dtypeName(variable.dtype),
                    variable.offset));
  if (variable.bytes() > block.bytes - variable.offset)
    view.error(fmt::format("variable \"{}\" ends at byte {}, beyond the block "
                           "\"{}\" of {} bytes",
                           variable.name, variable.offset + variable.bytes(),
                           block.name, block.bytes));
  if (auto decay = view.find("decay"))
    variable.decay = decay->boolean();
  if (auto init = view.find("init"))
    variable.init = readInit(*init, variable);
  return variable;
}

/// Two variables in the same bytes would each be changed by the other one.
static void checkOverlaps(const Manifest &manifest) {
  std::vector<const Variable *> order;
  for (const Variable &variable : manifest.variables)
    if (variable.elements > 0)
      order.push_back(&variable);
  std::sort(
      order.begin(), order.end(), [](const Variable *a, const Variable *b) {
        return std::tie(a->block, a->offset) < std::tie(b->block, b->offset);
      });
  for (size_t i = 1; i < order.size(); ++i) {
    const Variable &before = *order[i - 1], &after = *order[i];
    if (before.block == after.block &&
        before.offset + before.bytes() > after.offset)
      fail("manifest/variables: \"{}\" and \"{}\" overlap", before.name,
           after.name);
  }
}

/// A shadow starts as a copy, so it needs something to be a copy of.
static void checkShadow(const JsonView &view, const Manifest &manifest,
                        const Variable &shadow) {
  if (shadow.of < 0)
    view.error(fmt::format("shadow \"{}\" has no \"of\" with the parameter "
                           "that it starts as a copy of",
                           shadow.name));
  const Variable &of = manifest.variables[size_t(shadow.of)];
  if (of.role != Role::Parameter || of.dtype != shadow.dtype ||
      of.shape != shadow.shape)
    view.at("of").error(fmt::format(
        "shadow \"{}\": expected a parameter of {} {}, got \"{}\", a {} of {} "
        "{}",
        shadow.name, dtypeName(shadow.dtype), shapeText(shadow.shape), of.name,
        roleName(of.role), dtypeName(of.dtype), shapeText(of.shape)));
  if (auto init = view.find("init"))
    init->error(fmt::format("shadow \"{}\" starts as a copy of \"{}\": it has "
                            "no start value of its own",
                            shadow.name, of.name));
}

void readVariables(const JsonView &root, Manifest &manifest) {
  readBlocks(root, manifest);
  std::map<std::string, int64_t> names;
  std::vector<JsonView> views = root.at("variables").items();
  manifest.variables.reserve(views.size());
  for (const JsonView &view : views) {
    Variable variable = readVariable(view, manifest);
    if (!names.emplace(variable.name, int64_t(names.size())).second)
      view.error(fmt::format("variable \"{}\" stands twice", variable.name));
    manifest.variables.push_back(std::move(variable));
  }
  for (size_t i = 0; i < views.size(); ++i)
    if (auto of = views[i].find("of")) {
      auto found = names.find(of->string());
      if (found == names.end() || found->second == int64_t(i))
        of->error(fmt::format("\"{}\" is no other variable of the module",
                              of->string()));
      manifest.variables[i].of = found->second;
    }
  for (size_t i = 0; i < views.size(); ++i)
    if (manifest.variables[i].role == Role::Shadow)
      checkShadow(views[i], manifest, manifest.variables[i]);
  checkOverlaps(manifest);
}

} // namespace moec::rt
