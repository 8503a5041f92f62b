//===- OutputPaths.cpp - Files that a command will write ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/OutputPaths.h"
#include "runtime/core/Fail.h"
#include "runtime/data/Dataset.h"
#include "runtime/data/File.h"

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace moec::rt {

namespace fs = std::filesystem;

/// Whether a file may be put there; devices and pipes are only written to.
static bool isReplaced(const std::string &path) {
  std::error_code error;
  fs::file_status status = fs::status(path, error);
  return !fs::is_other(status);
}

static bool sameFile(const std::string &a, const std::string &b) {
  struct stat info[2];
  bool there[2] = {stat(a.c_str(), &info[0]) == 0,
                   stat(b.c_str(), &info[1]) == 0};
  if (there[0] || there[1])
    return there[0] && there[1] && info[0].st_dev == info[1].st_dev &&
           info[0].st_ino == info[1].st_ino;
  // Neither is there yet, but they may become one.
  std::error_code error;
  fs::path first = fs::weakly_canonical(a, error);
  if (error)
    return false;
  fs::path second = fs::weakly_canonical(b, error);
  return !error && first == second;
}

static void checkWritable(const NamedPath &output) {
  const auto &[option, path] = output;
  size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "."
                       : slash == 0               ? "/"
                                                  : path.substr(0, slash);
  if (access(folder.c_str(), W_OK | X_OK) != 0)
    fail("{} {}: folder {} does not exist or cannot be written", option, path,
         folder);
  std::error_code error;
  if (fs::is_directory(path, error))
    fail("{} {}: this is a folder, expected a file to write", option, path);
}

std::vector<NamedPath> dataFiles(const std::string &source) {
  std::vector<NamedPath> files;
  for (DataSplit split : {DataSplit::Train, DataSplit::Test})
    for (std::string &path : datasetFiles(source, split))
      files.push_back({"the data", std::move(path)});
  return files;
}

void checkOutputs(const std::vector<NamedPath> &outputs,
                  const std::vector<NamedPath> &inputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const NamedPath &output = outputs[i];
    if (output.path.empty() || !isReplaced(output.path))
      continue;
    checkWritable(output);
    auto distinct = [&](const NamedPath &other, const char *loss) {
      if (!other.path.empty() && sameFile(output.path, other.path))
        fail("{} {} and {} {} are one file, so {}; name another one",
             other.option, other.path, output.option, output.path, loss);
    };
    for (size_t j = 0; j < i; ++j)
      distinct(outputs[j], "one of them would be lost");
    for (const NamedPath &input : inputs)
      distinct(input, "what is read would be lost");
  }
}

OutputLocks::OutputLocks(const std::vector<NamedPath> &outputs) {
  for (const auto &[option, path] : outputs) {
    if (path.empty() || !isReplaced(path))
      continue;
    std::string holder, place = linkTarget(path);
    if (!locks.emplace_back().take(place, holder))
      fail("{} {}: {} writes this file; wait for it to end, or name another "
           "one",
           option, path, holder);
    Replacement::removeLeftovers(place);
  }
}

} // namespace moec::rt
