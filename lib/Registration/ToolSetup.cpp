//===- ToolSetup.cpp - What the tools on top of MLIR share ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Registration/ToolSetup.h"
#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "runtime/core/Version.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

void moec::setToolVersion(const char *tool) {
  llvm::cl::SetVersionPrinter([tool](raw_ostream &os) {
    os << versionText(tool, LLVM_VERSION_STRING) << '\n';
  });
}

/// The values of `flag` in "--flag=VALUE", "-flag VALUE" and so on.
static std::vector<std::string> valuesOf(StringRef flag, int argc,
                                         char **argv) {
  std::vector<std::string> values;
  for (int i = 1; i < argc; ++i) {
    StringRef word = StringRef(argv[i]).ltrim('-');
    if (!StringRef(argv[i]).starts_with("-") || !word.consume_front(flag))
      continue;
    if (word.consume_front("="))
      values.push_back(word.str());
    else if (word.empty() && i + 1 < argc)
      values.push_back(argv[++i]);
  }
  return values;
}

template <typename Plugin>
static LogicalResult load(const char *tool, StringRef flag, int argc,
                          char **argv) {
  for (const std::string &path : valuesOf(flag, argc, argv)) {
    llvm::Expected<Plugin> plugin = Plugin::load(path);
    if (plugin)
      continue;
    llvm::errs() << tool << ": error: --" << flag << ": "
                 << llvm::toString(plugin.takeError())
                 << "\n  see docs/plugins.md\n";
    return failure();
  }
  return success();
}

LogicalResult moec::checkPlugins(const char *tool, int argc, char **argv) {
  return success(
      succeeded(load<PassPlugin>(tool, "load-pass-plugin", argc, argv)) &&
      succeeded(load<DialectPlugin>(tool, "load-dialect-plugin", argc, argv)));
}
