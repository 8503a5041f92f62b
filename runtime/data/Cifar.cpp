//===- Cifar.cpp - Files of records with a small picture ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Cifar.h"
#include "runtime/data/File.h"
#include "runtime/data/MemoryDataset.h"
#include "runtime/data/Tar.h"

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

namespace moec::rt {

static constexpr size_t side = 32, channels = 3, plane = side * side;

static bool exists(const std::string &path) {
  return access(path.c_str(), F_OK) == 0;
}

static bool isFolder(const std::string &path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

/// Appends the images of one file, [32, 32, 3], and their classes.
static void readRecords(const CifarLayout &layout, const std::string &source,
                        std::string_view bytes, std::vector<uint8_t> &images,
                        std::vector<uint8_t> &classes) {
  size_t labels = layout.labels.size();
  size_t record = labels + channels * plane;
  if (bytes.empty() || bytes.size() % record != 0)
    fail("{} is truncated or no file of {}: expected records of {} bytes ({}, "
         "1024 red, 1024 green, 1024 blue), got {} bytes = {} records and {} "
         "bytes; fix: take the binary version, and download it again",
         source, layout.name, record,
         labels == 1 ? "label" : "coarse and fine label", bytes.size(),
         bytes.size() / record, bytes.size() % record);
  size_t count = bytes.size() / record, first = classes.size();
  images.resize((first + count) * channels * plane);
  for (size_t i = 0; i < count; ++i) {
    const char *from = bytes.data() + i * record;
    for (int values : layout.labels) {
      auto label = uint8_t(*from++);
      if (label >= values)
        fail("{}: label {} of record {} is out of range: expected 0 to {}; "
             "fix: take the binary version of {}",
             source, label, i, values - 1, layout.name);
    }
    classes.push_back(uint8_t(from[-1]));
    uint8_t *to = images.data() + (first + i) * channels * plane;
    for (size_t c = 0; c < channels; ++c)
      for (size_t pixel = 0; pixel < plane; ++pixel)
        to[pixel * channels + c] = uint8_t(from[c * plane + pixel]);
  }
}

/// The archive that a path is or has, or "".
static std::string archiveAt(const CifarLayout &layout,
                             const std::string &path) {
  if (!isFolder(path))
    return exists(path) ? path : "";
  std::string inside = path + "/" + layout.archive;
  return exists(inside) ? inside : "";
}

/// The names of the classes; none where the text has not one for each.
static std::vector<std::string> classNames(const CifarLayout &layout,
                                           std::string_view text) {
  std::vector<std::string> names;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r')
      line.remove_suffix(1);
    if (!line.empty())
      names.emplace_back(line);
    at = end + 1;
  }
  if (names.size() != size_t(layout.labels.back()))
    names.clear();
  return names;
}

DatasetRef openCifar(const CifarLayout &layout, const std::string &path,
                     DataSplit split) {
  const std::vector<std::string> &names =
      split == DataSplit::Train ? layout.train : layout.test;
  std::vector<std::string> missing;
  for (const std::string &name : names)
    if (!exists(path + "/" + name))
      missing.push_back(name);
  std::string archive = archiveAt(layout, path);
  std::map<std::string, std::string> members;
  bool packed = !missing.empty() && !archive.empty();
  if (packed) {
    std::vector<std::string> wanted = names;
    wanted.emplace_back(layout.classes);
    members = readTarFiles(archive, wanted);
    missing.clear();
    for (const std::string &name : names)
      if (!members.count(name))
        missing.push_back(name);
  }
  if (!missing.empty())
    fail("{} has no {}; expected {}; fix: name {}, or the folder {} that it "
         "unpacks to",
         packed ? "data archive " + archive : "data folder " + path,
         fmt::join(missing, ", "), fmt::join(names, ", "), layout.archive,
         layout.folder);
  std::vector<uint8_t> images, classes;
  for (const std::string &name : names)
    if (packed)
      readRecords(layout, archive + "/" + name, members[name], images, classes);
    else
      readRecords(layout, path + "/" + name,
                  MappedFile(path + "/" + name, "data").bytes(), images,
                  classes);
  // "data_batch_*.bin" for several.
  std::string first = names[0];
  if (names.size() > 1)
    first.replace(first.rfind('_') + 1, 1, "*");
  std::string source = packed ? archive : path + "/" + first;
  std::string meta = path + "/" + layout.classes;
  DatasetNotes notes;
  if (packed)
    notes.classes = classNames(layout, members[layout.classes]);
  else if (exists(meta))
    notes.classes = classNames(layout, MappedFile(meta, "data").bytes());
  return labelledImages(source, source, side, side, channels, std::move(images),
                        classes, std::move(notes));
}

std::vector<std::string> cifarFiles(const CifarLayout &layout,
                                    const std::string &path, DataSplit split) {
  std::vector<std::string> paths, names = layout.test;
  if (split == DataSplit::Train) {
    names = layout.train;
    names.emplace_back(layout.classes);
  }
  if (std::string archive = archiveAt(layout, path); !archive.empty())
    paths.push_back(std::move(archive));
  for (const std::string &name : names)
    if (exists(path + "/" + name))
      paths.push_back(path + "/" + name);
  return paths;
}

bool matchesCifar(const CifarLayout &layout, const std::string &path) {
  if (!isFolder(path)) {
    std::string name = path.substr(path.rfind('/') + 1);
    return exists(path) && name == layout.archive;
  }
  return exists(path + "/" + layout.archive) ||
         exists(path + "/" + layout.train[0]) ||
         exists(path + "/" + layout.test[0]);
}

} // namespace moec::rt
