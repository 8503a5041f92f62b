//===- Module.cpp - A loaded module ---------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Module.h"
#include "runtime/core/CpuFeatures.h"
#include "runtime/core/Fail.h"
#include "runtime/cpu/Builtins.h"

#include <algorithm>
#include <dlfcn.h>
#include <fstream>
#include <link.h>

namespace moec::rt {

Builtin::~Builtin() = default;

/// dlopen maps a file as it is; a file that was cut off would then raise a
/// signal at the first touch. So the section table, which stands last, is
/// checked first.
static void checkFile(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    fail("cannot open module {}: no such file, or it cannot be read", path);
  unsigned char head[64] = {};
  stream.read(reinterpret_cast<char *>(head), sizeof(head));
  if (stream.gcount() < 4 || std::string(head, head + 4) != "\177ELF")
    fail("{} is no moec module: it is not an ELF file; `moec compile` makes "
         "one",
         path);
  auto read64 = [&](int at, int bytes) {
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; --i)
      value = value << 8 | head[at + i];
    return value;
  };
  stream.clear();
  stream.seekg(0, std::ios::end);
  uint64_t size = uint64_t(stream.tellg());
  // ELF64: e_shoff at 40, e_shentsize at 58, e_shnum at 60.
  uint64_t table = read64(40, 8), end = read64(58, 2) * read64(60, 2);
  if (size < 64 || table > size || end > size - table)
    fail("module {} is truncated: it has {} bytes, its section table ends at "
         "{}",
         path, size, table + end);
}

std::shared_ptr<const Module> Module::load(const std::string &path,
                                           const std::string &name) {
  checkFile(path);
  std::shared_ptr<Module> module(new Module);
  module->called = name.empty() ? path : name;
  // A path without a slash would be searched in the library path.
  std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  module->handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!module->handle)
    fail("cannot load module {}: {}", path, dlerror());
  std::optional<std::string_view> manifest = module->find("moec_manifest");
  if (!manifest)
    fail("{} is no moec module: it has no symbol moec_manifest", path);
  module->text = *manifest;
  try {
    module->contents = parseManifest(module->text);
    if (module->contents.isGpu()) {
      module->bindGpuCode();
    } else {
      checkTarget(module->contents.triple, module->contents.features);
      module->bindKernels();
    }
  } catch (const Error &e) {
    throw Error(fmt::format("module {}: {}", module->called, e.what()),
                e.code());
  }
  return module;
}

std::optional<std::string_view> Module::find(const std::string &name) const {
  auto *bytes = static_cast<const char *>(dlsym(handle, name.c_str()));
  if (!bytes)
    return std::nullopt;
  auto *size =
      static_cast<const uint64_t *>(dlsym(handle, (name + "_size").c_str()));
  if (!size)
    fail("{} is no moec module: it has no symbol {}_size", called, name);
  // The symbol table knows the size too; what lies behind it may be unmapped.
  Dl_info info;
  void *found = nullptr;
  uint64_t most = uint64_t(1) << 30;
  if (dladdr1(bytes, &info, &found, RTLD_DL_SYMENT) && found &&
      static_cast<const ElfW(Sym) *>(found)->st_size)
    most = static_cast<const ElfW(Sym) *>(found)->st_size;
  if (*size > most)
    fail("module {}: {}_size claims {} bytes, {} has {}", called, name, *size,
         name, most);
  return std::string_view(bytes, *size);
}

void Module::bindGpuCode() {
  std::optional<std::string_view> ptx = find("moec_ptx");
  if (!ptx)
    fail("it has no symbol moec_ptx, which holds the code of a GPU module");
  ptxText = *ptx;
  if (ptxText.empty() || ptxText.find('\0') != std::string_view::npos ||
      ptxText.data()[ptxText.size()] != '\0')
    fail("its PTX text should end with one zero byte right behind its {} "
         "bytes",
         ptxText.size());
  cubinBytes = find("moec_cubin").value_or(std::string_view());
}

void Module::bindKernels() {
  std::vector<std::string> missing;
  for (const Kernel &kernel : contents.kernels) {
    BoundKernel bound;
    bound.scratchBytes = kernel.scratch;
    if (kernel.isBuiltin()) {
      bound.builtin = makeBuiltin(kernel);
      bound.scratchBytes =
          std::max(bound.scratchBytes, bound.builtin->scratchBytes());
    } else {
      bound.function =
          reinterpret_cast<KernelFn>(dlsym(handle, kernel.symbol.c_str()));
      if (!bound.function)
        missing.push_back(kernel.symbol);
    }
    kernels.push_back(std::move(bound));
  }
  if (!missing.empty())
    fail("the manifest names kernels that the module lacks: {}",
         fmt::join(missing, ", "));
  for (const Entry &entry : contents.entries)
    for (const ProgramItem &item : entry.program)
      for (const Launch &launch : item.body)
        checkBuiltinArguments(contents.kernels[launch.kernel],
                              launch.args.size());
}

Module::~Module() {
  kernels.clear();
  if (handle)
    dlclose(handle);
}

int64_t Module::requireEntry(const std::string &name, int64_t batch) const {
  int64_t index = contents.findEntry(name, batch);
  if (index >= 0)
    return index;
  std::vector<std::string> present;
  for (const Entry &entry : contents.entries)
    present.push_back(fmt::format("{} (batch {})", entry.name, entry.batch));
  fail("module {} has no entry \"{}\"{}; it has: {}", called, name,
       batch ? fmt::format(" with batch {}", batch) : std::string(),
       fmt::join(present, ", "));
}

} // namespace moec::rt
