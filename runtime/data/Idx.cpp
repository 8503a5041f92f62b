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

#include "runtime/data/MemoryDataset.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <unistd.h>
#include <zlib.h>

namespace moec::rt {

namespace {
struct IdxFile {
  std::string path;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
};

/// Reads plain and gzip files alike, which is what zlib's gzread does.
class GzReader {
public:
  explicit GzReader(const std::string &path)
      : path(path), file(gzopen(path.c_str(), "rb"), gzclose) {
    if (!file)
      fail("cannot open data file {}", path);
    gzbuffer(file.get(), 1 << 18);
  }
  /// Reads up to `count` bytes and returns how many there were.
  size_t read(void *to, size_t count) {
    size_t done = 0;
    while (done < count) {
      unsigned step = unsigned(std::min(count - done, size_t(1) << 30));
      int got = gzread(file.get(), static_cast<char *>(to) + done, step);
      if (got < 0)
        fail("data file {} is truncated or damaged: {}", path, message());
      if (got == 0)
        break;
      done += size_t(got);
    }
    return done;
  }
  /// A gzip stream that was cut off tells so only here.
  void finish() {
    int code = Z_OK;
    gzerror(file.get(), &code);
    if (code != Z_OK && code != Z_STREAM_END)
      fail("data file {} is truncated or damaged: {}", path, message());
  }

private:
  std::string message() {
    int code = Z_OK;
    return gzerror(file.get(), &code);
  }
  std::string path;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file;
};
} // namespace

static std::optional<std::string> findFile(const std::string &folder,
                                           const char *name) {
  for (const char *suffix : {"", ".gz"}) {
    std::string path = folder + "/" + name + suffix;
    if (access(path.c_str(), F_OK) == 0)
      return path;
  }
  return std::nullopt;
}

static IdxFile readIdxFile(const std::string &folder, const char *name,
                           unsigned rank) {
  IdxFile result;
  std::optional<std::string> path = findFile(folder, name);
  if (!path)
    fail("data folder {} has no {} (nor {}.gz)", folder, name, name);
  result.path = *path;
  GzReader reader(result.path);
  uint8_t head[4 + 4 * 3];
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
  // In pieces: a header that lies must not take the memory it claims.
  constexpr int64_t piece = int64_t(1) << 24;
  for (int64_t done = 0; done < size;) {
    int64_t step = std::min(piece, size - done);
    result.bytes.resize(size_t(done + step));
    int64_t have = int64_t(reader.read(result.bytes.data() + done, step));
    done += have;
    if (have < step) {
      reader.finish();
      fail("{} is truncated: its header claims {} = {} bytes, it has {}",
           result.path, shapeText(result.shape), size, done);
    }
  }
  uint8_t extra;
  if (reader.read(&extra, 1) != 0)
    fail("{} is longer than its header claims ({})", result.path,
         shapeText(result.shape));
  reader.finish();
  return result;
}

static bool matchesIdx(const std::string &folder) {
  for (const char *name : {"train-images-idx3-ubyte", "t10k-images-idx3-ubyte"})
    if (findFile(folder, name))
      return true;
  return false;
}

static DatasetRef openIdx(const std::string &folder, DataSplit split,
                          const ReadOptions &) {
  bool train = split == DataSplit::Train;
  IdxFile images = readIdxFile(
      folder, train ? "train-images-idx3-ubyte" : "t10k-images-idx3-ubyte", 3);
  IdxFile labels = readIdxFile(
      folder, train ? "train-labels-idx1-ubyte" : "t10k-labels-idx1-ubyte", 1);
  if (images.shape[0] != labels.shape[0])
    fail("{} has {} images, {} has {} labels", images.path, images.shape[0],
         labels.path, labels.shape[0]);
  return labelledImages(images.path, labels.path, images.shape[1],
                        images.shape[2], 1, std::move(images.bytes),
                        labels.bytes);
}

extern const DatasetInfo idxDataset = {
    "idx", "DIR",
    "a folder with train-images-idx3-ubyte and its kin, as of "
    "MNIST, plain or .gz",
    matchesIdx, openIdx};

} // namespace moec::rt
