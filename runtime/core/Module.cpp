//===- Module.cpp - A loaded module ---------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Module.h"
#include "runtime/core/Fail.h"

namespace moec::rt {

Module::Module(const std::string &path, const std::string &name)
    : called(name.empty() ? path : name), file(path, called) {
  try {
    std::optional<std::string_view> manifest = file.find("moec_manifest");
    if (!manifest)
      fail("it has no symbol moec_manifest");
    text = *manifest;
    contents = parseManifest(text);
    calls = bindHostCalls(contents);
    if (contents.isGpu())
      findGpuCode();
  } catch (const Error &e) {
    throw Error(fmt::format("module {}: {}", called, e.what()), e.code());
  }
}

std::shared_ptr<const Module> Module::load(const std::string &path,
                                           const std::string &name) {
  return std::shared_ptr<const Module>(new Module(path, name));
}

void Module::findGpuCode() {
  std::optional<std::string_view> ptx = file.find("moec_ptx");
  if (!ptx)
    fail("it has no symbol moec_ptx, which holds the code of a GPU module");
  ptxText = *ptx;
  if (ptxText.empty() || ptxText.find('\0') != std::string_view::npos ||
      ptxText.data()[ptxText.size()] != '\0')
    fail("its PTX text should end with one zero byte right behind its {} "
         "bytes",
         ptxText.size());
  cubinBytes = file.find("moec_cubin").value_or(std::string_view());
}

int64_t Module::requireEntry(const std::string &name, int64_t batch) const {
  int64_t index = contents.findEntry(name, batch);
  if (index >= 0)
    return index;
  std::vector<std::string> present;
  for (const Entry &entry : contents.entries)
    present.push_back(
        entry.batch ? fmt::format("{} (batch {})", entry.name, entry.batch)
                    : entry.name);
  const char *hint = "";
  if (contents.findEntry(name) < 0)
    hint = name == "train_step" ? "; compile the model with --mode train"
           : name == "eval"     ? "; a model with a training section has it"
                                : "";
  fail("module {} has no entry \"{}\"{}; it has: {}{}", called, name,
       batch ? fmt::format(" with batch {}", batch) : std::string(),
       fmt::join(present, ", "), hint);
}

} // namespace moec::rt
