//===- ImageFolder.cpp - A folder of image files for each class -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// DIR/train/CLASS/*, and DIR/test/CLASS/* or DIR/val/CLASS/*; or DIR/CLASS/*,
// which are training images. Classes are numbered in the order of the bytes of
// their names.
//
// All files are read once when the folder is opened, by several threads: so
// whatever is wrong with any of them is known before the first step. Their
// pictures are not kept; they are decoded again whenever they are read.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Threads.h"
#include "runtime/core/Workers.h"
#include "runtime/data/Dataset.h"
#include "runtime/data/File.h"
#include "runtime/data/ImageFormat.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <filesystem>
#include <map>

namespace moec::rt {

namespace fs = std::filesystem;

namespace {
struct ImageFile {
  std::string path;
  int32_t label = 0;
  uint64_t sum = 0; ///< checksum of its bytes
  int64_t height = 0, width = 0, channels = 0;
};

/// What else was found when it was read.
struct ScannedFile : ImageFile {
  std::string kind;
  std::string problem;        ///< why it cannot be read, with its path, or ""
  std::exception_ptr failure; ///< which is no fault of the file's
};

class ImageFolder : public Dataset {
public:
  /// `channels`: 3 makes grey pictures RGB whatever the others are.
  ImageFolder(std::string folder, std::vector<ImageFile> files,
              DatasetNotes notes, int64_t channels)
      : folder(std::move(folder)), files(std::move(files)),
        known(std::move(notes)) {
    image = {"image",
             DType::U8,
             {this->files[0].height, this->files[0].width, channels}};
    for (const ImageFile &file : this->files) {
      if (file.height != image.shape[0] || file.width != image.shape[1])
        image.shape[0] = image.shape[1] = anySize;
      image.shape[2] = std::max(image.shape[2], file.channels);
    }
    image.elements = hasOneSize(image)
                         ? image.shape[0] * image.shape[1] * image.shape[2]
                         : 0;
  }
  std::string name() const override { return folder; }
  int64_t count() const override { return int64_t(files.size()); }
  std::vector<TensorInfo> fields() const override {
    return {image, {"label", DType::I32, {}, 1}};
  }
  void read(const Item &item, size_t field, void *to) const override {
    if (field) {
      std::memcpy(to, &files[size_t(item.index)].label, sizeof(int32_t));
      return;
    }
    Image picture = readImage(item, field);
    std::memcpy(to, picture.pixels.data(), picture.pixels.size());
  }
  Image readImage(const Item &item, size_t) const override;
  void identify(Checksum &sum) const override {
    for (const ImageFile &file : files) {
      uint64_t words[2] = {file.sum, uint64_t(file.label)};
      sum.add({reinterpret_cast<const char *>(words), sizeof(words)});
    }
  }
  DatasetNotes notes() const override { return known; }

private:
  std::string folder;
  std::vector<ImageFile> files;
  DatasetNotes known;
  TensorInfo image;
};
} // namespace

/// The picture of a file; at `sum` a checksum of its bytes, if asked for.
/// Throws Error with its path.
static DecodedImage decodeFile(const std::string &path, uint64_t *sum) {
  MappedFile mapped(path, "image");
  if (sum)
    *sum = checksum(mapped.bytes());
  try {
    return decodeImage(mapped.bytes());
  } catch (const Error &error) {
    throw Error(fmt::format("{} {}", path, error.what()), error.code());
  }
}

Image ImageFolder::readImage(const Item &item, size_t) const {
  const ImageFile &file = files[size_t(item.index)];
  Image picture = decodeFile(file.path, nullptr).image;
  if (picture.height != file.height || picture.width != file.width ||
      picture.channels != file.channels)
    fail("{} has changed since it was opened: expected {}, got {}", file.path,
         shapeText({file.height, file.width, file.channels}),
         shapeText({picture.height, picture.width, picture.channels}));
  return image.shape[2] == 3 ? toRgb(std::move(picture)) : picture;
}

/// The names in a folder that do not begin with a dot; either those of folders,
/// or all others.
static std::vector<std::string> namesIn(const fs::path &folder, bool folders,
                                        std::error_code &error) {
  std::vector<std::string> names;
  fs::directory_iterator at(folder, error), end;
  for (; !error && at != end; at.increment(error)) {
    std::error_code none;
    if (at->path().filename().native()[0] != '.' &&
        at->is_directory(none) == folders)
      names.push_back(at->path().filename().string());
  }
  return names;
}

/// The same, sorted. Throws Error where they cannot be read.
static std::vector<std::string> namesIn(const fs::path &folder, bool folders) {
  std::error_code error;
  std::vector<std::string> names = namesIn(folder, folders, error);
  if (error)
    fail("cannot read data folder {}: {}", folder.string(), error.message());
  std::sort(names.begin(), names.end());
  return names;
}

static bool isFolder(const fs::path &path) {
  std::error_code none;
  return fs::is_directory(path, none);
}

/// The folder of the classes of a split.
static fs::path splitFolder(const fs::path &folder, DataSplit split) {
  if (!isFolder(folder))
    fail("there is no data folder {}", folder.string());
  fs::path test = isFolder(folder / "test") ? folder / "test" : folder / "val";
  bool train = isFolder(folder / "train");
  if (split == DataSplit::Test) {
    if (!isFolder(test))
      fail("data folder {} has no folder test (nor val), so there are no test "
           "images; fix: sort images in train/CLASS and test/CLASS, or keep a "
           "part of the training images with --validation 0.1",
           folder.string());
    return test;
  }
  if (!train && isFolder(test))
    fail("data folder {} has a folder {}, but no folder train", folder.string(),
         test.filename().string());
  return train ? folder / "train" : folder;
}

static void scan(ScannedFile &file) {
  try {
    DecodedImage decoded = decodeFile(file.path, &file.sum);
    file.height = decoded.image.height;
    file.width = decoded.image.width;
    file.channels = decoded.image.channels;
    file.kind = decoded.kind;
  } catch (const Error &error) {
    if (error.code() == ErrorCode::User)
      file.problem = error.what();
    else
      file.failure = std::current_exception();
  } catch (...) {
    file.failure = std::current_exception();
  }
}

static void scanAll(std::vector<ScannedFile> &files) {
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < files.size(); i = next++)
      scan(files[i]);
  };
  size_t most = std::min(size_t(wantedThreads(0)), files.size());
  std::vector<std::thread> helpers = startWorkers(int(most) - 1, work);
  work();
  for (std::thread &helper : helpers)
    helper.join();
  for (const ScannedFile &file : files)
    if (file.failure)
      std::rethrow_exception(file.failure);
}

/// Throws Error where files cannot be read and nobody asked to leave them out.
static void checkDamage(const std::vector<std::string> &damaged, size_t all,
                        const std::string &folder, const ReadOptions &options) {
  if (damaged.empty() || options.skipDamaged)
    return;
  constexpr size_t shown = 5;
  std::string list;
  for (size_t i = 0; i < std::min(shown, damaged.size()); ++i)
    list += "\n  " + damaged[i];
  if (damaged.size() > shown)
    list += fmt::format("\n  and {} more, which moec data inspect names",
                        damaged.size() - shown);
  fail("{}: {} of {} files cannot be read:{}\nfix: replace them, or leave them "
       "out with --skip-damaged",
       folder, damaged.size(), all, list);
}

/// All files in the folders of the classes, images or not.
static std::vector<std::string> imageFolderFiles(const std::string &path,
                                                 DataSplit split) {
  const fs::path whole = path;
  bool hasTest = isFolder(whole / "test") || isFolder(whole / "val");
  std::vector<fs::path> splits;
  if (split == DataSplit::Test)
    splits = {whole / "test", whole / "val"};
  else if (isFolder(whole / "train") || hasTest)
    splits = {whole / "train"};
  else
    splits = {whole};
  std::vector<std::string> paths;
  std::error_code none; // opening them says what is wrong
  for (const fs::path &split : splits)
    for (const std::string &name : namesIn(split, true, none))
      for (const std::string &file : namesIn(split / name, false, none))
        paths.push_back((split / name / file).string());
  return paths;
}

/// The channels that the pictures of the other split ask for: a model takes
/// those of both, so grey ones of one are RGB where the other has colours.
static int64_t channelsOfOther(const std::string &path, DataSplit split) {
  DataSplit other =
      split == DataSplit::Train ? DataSplit::Test : DataSplit::Train;
  std::vector<ScannedFile> files;
  for (std::string &name : imageFolderFiles(path, other)) {
    files.emplace_back();
    files.back().path = std::move(name);
  }
  scanAll(files);
  int64_t channels = 1;
  for (const ScannedFile &file : files)
    channels = std::max(channels, file.channels);
  return channels;
}

static DatasetRef openImageFolder(const std::string &path, DataSplit split,
                                  const ReadOptions &options) {
  if (allImageFormats().empty())
    fail("cannot read data folder {}: this runtime was built without libpng "
         "and libjpeg",
         path);
  fs::path folder = splitFolder(path, split);
  DatasetNotes notes;
  // Labels are those of the training images, also where tests lack a class.
  bool train = split == DataSplit::Train || !isFolder(fs::path(path) / "train");
  notes.classes = namesIn(train ? folder : fs::path(path) / "train", true);
  if (notes.classes.empty())
    fail("data folder {} has no folder for each class, but {} files; fix: sort "
         "the images in CLASS folders",
         folder.string(), namesIn(folder, false).size());
  std::vector<ScannedFile> files;
  for (const std::string &name : namesIn(folder, true)) {
    auto found =
        std::lower_bound(notes.classes.begin(), notes.classes.end(), name);
    if (found == notes.classes.end() || *found != name)
      fail("{} is a class without training images: {} has {}",
           (folder / name).string(), (fs::path(path) / "train").string(),
           fmt::join(notes.classes, ", "));
    for (bool folders : {false, true})
      for (const std::string &file : namesIn(folder / name, folders)) {
        files.emplace_back();
        files.back().path = (folder / name / file).string();
        files.back().label = int32_t(found - notes.classes.begin());
      }
  }
  scanAll(files);
  std::vector<ImageFile> good;
  std::map<std::string, int64_t> kinds;
  std::vector<int64_t> counts(notes.classes.size());
  for (ScannedFile &file : files) {
    if (!file.problem.empty()) {
      notes.damaged.push_back(std::move(file.problem));
      continue;
    }
    ++kinds[file.kind];
    ++counts[size_t(file.label)];
    good.push_back(std::move(file));
  }
  notes.kinds.assign(kinds.begin(), kinds.end());
  checkDamage(notes.damaged, files.size(), folder.string(), options);
  for (size_t i = 0; i < counts.size(); ++i)
    if (counts[i] == 0 && train)
      fail("class folder {} holds no images{}; fix: put some into it, or "
           "remove it",
           (folder / notes.classes[i]).string(),
           notes.damaged.empty() ? "" : " that can be read");
  if (good.empty())
    fail("data folder {} holds no images", folder.string());
  bool grey = std::all_of(good.begin(), good.end(), [](const ImageFile &file) {
    return file.channels == 1;
  });
  return std::make_shared<ImageFolder>(folder.string(), std::move(good),
                                       std::move(notes),
                                       grey ? channelsOfOther(path, split) : 3);
}

static bool matchesImageFolder(const std::string &path) {
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code none;
    if (at->is_directory(none))
      return true;
  }
  return false;
}

extern const DatasetInfo imageFolderDataset = {
    "folder",
    "DIR",
    "a folder of PNG and JPEG files in train/CLASS and test/CLASS, or in CLASS",
    matchesImageFolder,
    openImageFolder,
    imageFolderFiles};

} // namespace moec::rt
