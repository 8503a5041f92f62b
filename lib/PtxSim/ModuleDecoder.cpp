//===- ModuleDecoder.cpp - Decode a module --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Lexer.h"
#include "lib/PtxSim/Parser.h"

#include <algorithm>
#include <cstring>

namespace moec::ptxsim {

using ast::Function;
using ast::Space;
using ast::Variable;

/// The bytes of a .global or .const variable.
static ModuleVariable decodeVariable(const ModuleContext &context,
                                     const Variable &v) {
  const Program &program = *context.program;
  if (v.external)
    failAt(program.name, v.line,
           fmt::format("variable {} is defined in no module", v.name));
  if (v.bytes > context.limits->deviceMemory)
    failAt(program.name, v.line,
           fmt::format("variable {} is too large", v.name));
  ModuleVariable out;
  out.name = std::string(v.name);
  out.bytes = v.bytes;
  if (!v.init.empty())
    out.init.resize(size_t(v.init.back().offset + v.init.back().bytes));
  for (const Variable::Init &init : v.init) {
    if (init.offset + init.bytes > out.init.size() || init.bytes > 8)
      failAt(program.name, v.line,
             fmt::format("the initial value of {} is not simulated", v.name));
    if (init.symbol.empty()) {
      std::memcpy(out.init.data() + init.offset, &init.value, init.bytes);
      continue;
    }
    const auto found = context.globals.find(init.symbol);
    if (found == context.globals.end() || init.bytes != 8)
      failAt(program.name, v.line,
             fmt::format("'{}' is no variable whose address {} can hold",
                         init.symbol, v.name));
    out.addresses.push_back({init.offset, found->second, init.value});
  }
  return out;
}

Module Module::parse(std::string_view text, const std::string &name,
                     const Limits &limits) {
  // Texts in modules are closed by a NUL.
  while (!text.empty() && text.back() == '\0')
    text.remove_suffix(1);
  if (text.size() > limits.sourceBytes)
    throw Error(fmt::format("{}: {} bytes of PTX, the limit is {}", name,
                            text.size(), limits.sourceBytes),
                ErrorCode::Resources);
  const ast::Module tree = parsePtx(text, name);
  auto program = std::make_shared<Program>();
  program->name = name;
  program->target = tree.target;
  ModuleContext context;
  context.module = &tree;
  context.program = program.get();
  context.limits = &limits;
  std::vector<const Variable *> globals;
  for (const Variable &v : tree.variables) {
    if (v.space == Space::Shared) {
      context.shared[v.name] = &v;
    } else if (v.space == Space::Global || v.space == Space::Const) {
      context.globals[v.name] = uint32_t(globals.size());
      globals.push_back(&v);
    } else {
      failAt(name, v.line,
             fmt::format("variable {} must stand in a function", v.name));
    }
  }
  for (const Variable *v : globals)
    program->variables.push_back(decodeVariable(context, *v));
  for (const Function &f : tree.functions) {
    const Function *&known = context.functions[f.name];
    if (known && known->defined && f.defined)
      failAt(name, f.line, fmt::format("{} is defined twice", f.name));
    if (!known || f.defined)
      known = &f;
  }
  for (const Function &f : tree.functions) {
    if (!f.entry || !f.defined)
      continue;
    program->kernels.push_back(std::make_unique<Kernel>());
    Kernel &kernel = *program->kernels.back();
    Decoder(context, kernel).run(f);
    kernel.info.registers = kernel.rows;
    kernel.info.localBytes = kernel.localBytes;
    kernel.info.line = f.line;
    program->infos.push_back(kernel.info);
  }
  Module module;
  module.impl = std::move(program);
  return module;
}

const std::vector<KernelInfo> &Module::kernels() const { return impl->infos; }

const std::string &Module::target() const { return impl->target; }

const KernelInfo &Module::kernel(const std::string &name) const {
  std::string names;
  for (const KernelInfo &k : impl->infos) {
    if (k.name == name)
      return k;
    names += (names.empty() ? "" : ", ") + k.name;
  }
  fail("{}: there is no kernel {}; there are: {}", impl->name, name, names);
}

} // namespace moec::ptxsim
