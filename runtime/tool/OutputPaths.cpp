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

namespace {
/// Which file a path leads to; one look at the disk, for data may be a million
/// files.
class FileId {
public:
  explicit FileId(const std::string &path) : path(path) {
    struct stat info = {};
    there = stat(path.c_str(), &info) == 0;
    device = info.st_dev;
    number = info.st_ino;
  }
  bool operator==(const FileId &other) const {
    if (there || other.there)
      return there && other.there && device == other.device &&
             number == other.number;
    // Neither is there yet, but they may become one.
    std::error_code error;
    fs::path first = fs::weakly_canonical(path, error);
    if (error)
      return false;
    fs::path second = fs::weakly_canonical(other.path, error);
    return !error && first == second;
  }

private:
  const std::string &path;
  dev_t device;
  ino_t number;
  bool there;
};
} // namespace

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
  // What was looked at so far, without what was not given.
  std::vector<std::pair<const NamedPath *, FileId>> written, read;
  auto require = [](const auto &others, const NamedPath &output,
                    const FileId &id, const char *loss) {
    for (const auto &[other, otherId] : others)
      if (id == otherId)
        fail("{} {} and {} {} are one file, so {}; name another one",
             other->option, other->path, output.option, output.path, loss);
  };
  for (const NamedPath &output : outputs) {
    if (output.path.empty() || !isReplaced(output.path))
      continue;
    checkWritable(output);
    FileId id(output.path);
    require(written, output, id, "one of them would be lost");
    if (read.empty())
      for (const NamedPath &input : inputs)
        if (!input.path.empty())
          read.emplace_back(&input, FileId(input.path));
    require(read, output, id, "what is read would be lost");
    written.emplace_back(&output, id);
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
