//===- Idx.cpp - Read the IDX files of MNIST and its kin ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The format: two zero bytes, the element type (8: u8), the rank, the sizes as
// big-endian 32-bit numbers, the bytes.
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Gzip.h"
#include "runtime/data/MemoryDataset.h"

#include <optional>
#include <unistd.h>

namespace moec::rt {

namespace {
struct IdxFile {
  std::string path;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
};
} // namespace

static std::optional<std::string> findFile(const std::string &folder,
                                           const std::string &name) {
  for (const char *suffix : {"", ".gz"}) {
    std::string path = folder + "/" + name + suffix;
    if (access(path.c_str(), F_OK) == 0)
      return path;
  }
  return std::nullopt;
}

static IdxFile readIdxFile(const std::string &path, unsigned rank) {
  IdxFile result;
  result.path = path;
  GzipReader reader(result.path);
  uint8_t head[4 + 4 * 4];
  size_t headBytes = 4 + 4 * rank;
  size_t got = reader.read(head, headBytes);
  if (got >= 4 && (head[0] || head[1] || head[2] != 8 || head[3] != rank))
    fail("{} has the wrong magic number {:02x}{:02x}{:02x}{:02x}, expected "
         "{:08x}",
         result.path, head[0], head[1], head[2], head[3], 0x800 + rank);
  if (got < headBytes)
    fail("{} is truncated: its header has {} bytes of {}", result.path, got,
         headBytes);
  int64_t size = 1;
  for (unsigned i = 0; i < rank; ++i) {
    const uint8_t *at = head + 4 + 4 * i;
    int64_t dim =
        int64_t(at[0]) << 24 | at[1] << 16 | at[2] << 8 | int64_t(at[3]);
    result.shape.push_back(dim);
    if (__builtin_mul_overflow(size, dim, &size) || size > int64_t(1) << 40)
      fail("{}: the header claims {}, which cannot be", result.path,
           shapeText(result.shape));
  }
  auto have = int64_t(reader.append(result.bytes, size_t(size)));
  if (have < size) {
    reader.finish();
    fail("{} is truncated: its header claims {} = {} bytes, it has {}",
         result.path, shapeText(result.shape), size, have);
  }
  uint8_t extra;
  if (reader.read(&extra, 1) != 0)
    fail("{} is longer than its header claims ({})", result.path,
         shapeText(result.shape));
  reader.finish();
  return result;
}

/// Images of one channel, [n, height, width], or of several, [n, height, width,
/// channels], which is of rank 4.
static IdxFile readImages(const std::string &folder,
                          const std::string &prefix) {
  std::string grey = prefix + "-images-idx3-ubyte";
  std::string colours = prefix + "-images-idx4-ubyte";
  if (std::optional<std::string> path = findFile(folder, grey)) {
    IdxFile file = readIdxFile(*path, 3);
    file.shape.push_back(1);
    return file;
  }
  if (std::optional<std::string> path = findFile(folder, colours))
    return readIdxFile(*path, 4);
  fail("data folder {} has no {} (nor {}.gz, nor {} with channels)", folder,
       grey, grey, colours);
}

static IdxFile readLabels(const std::string &folder,
                          const std::string &prefix) {
  std::string name = prefix + "-labels-idx1-ubyte";
  std::optional<std::string> path = findFile(folder, name);
  if (!path)
    fail("data folder {} has no {} (nor {}.gz)", folder, name, name);
  return readIdxFile(*path, 1);
}

static bool matchesIdx(const std::string &folder) {
  for (const char *prefix : {"train", "t10k"})
    for (const char *rest : {"-images-idx3-ubyte", "-images-idx4-ubyte"})
      if (findFile(folder, std::string(prefix) + rest))
        return true;
  return false;
}

static DatasetRef openIdx(const std::string &folder, DataSplit split,
                          const ReadOptions &) {
  const char *prefix = split == DataSplit::Train ? "train" : "t10k";
  IdxFile images = readImages(folder, prefix);
  IdxFile labels = readLabels(folder, prefix);
  if (images.shape[0] != labels.shape[0])
    fail("{} has {} images, {} has {} labels", images.path, images.shape[0],
         labels.path, labels.shape[0]);
  return labelledImages(images.path, labels.path, images.shape[1],
                        images.shape[2], images.shape[3],
                        std::move(images.bytes), labels.bytes);
}

static std::vector<std::string> idxFiles(const std::string &folder,
                                         DataSplit split) {
  std::string prefix = split == DataSplit::Train ? "train" : "t10k";
  std::vector<std::string> paths;
  for (const char *rest :
       {"-images-idx3-ubyte", "-images-idx4-ubyte", "-labels-idx1-ubyte"})
    if (auto path = findFile(folder, prefix + rest))
      paths.push_back(*path);
  return paths;
}

extern const DatasetInfo idxDataset = {
    "idx",
    "DIR",
    "a folder with train-images-idx3-ubyte and its kin, as of "
    "MNIST, plain or .gz",
    matchesIdx,
    openIdx,
    idxFiles};

} // namespace moec::rt
