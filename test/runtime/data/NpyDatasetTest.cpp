//===- NpyDatasetTest.cpp - Tests of data sets of NumPy -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Dataset.h"
#include "test/runtime/TestSupport.h"

#include <cmath>
#include <cstring>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
/// An npy file of version 1 or 2, as NumPy writes it.
std::string npy(const std::string &descr, const std::string &shape,
                const std::string &data, const char *fortran = "False",
                int version = 1) {
  std::string header = "{'descr': '" + descr +
                       "', 'fortran_order': " + fortran +
                       ", 'shape': " + shape + ", }\n";
  std::string file("\x93NUMPY", 6);
  file += char(version);
  file += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    file += char(header.size() >> 8 * i & 0xff);
  return file + header + data;
}

template <typename T> std::string bytesOf(const std::vector<T> &values) {
  return {reinterpret_cast<const char *>(values.data()),
          values.size() * sizeof(T)};
}

class NpyDataset : public testing::Test {
protected:
  void SetUp() override {
    write("train_images", npy("|u1", "(2, 2, 3, 1)", pixels));
    write("train_labels", npy("<i8", "(2,)", bytesOf<int64_t>({7, 3})));
    write("test_images", npy("<f4", "(1, 2, 1)", bytesOf<float>({0.5f, 1})));
    write("test_labels", npy("|u1", "(1,)", "\5"));
  }
  std::string path(const std::string &name) { return folder / (name + ".npy"); }
  void write(const std::string &name, const std::string &bytes) {
    writeAll(path(name), bytes);
  }
  DatasetRef open(DataSplit split = DataSplit::Train) {
    return openDataset("npy:" + folder.path, split);
  }
  /// The labels of the training images, written like this.
  std::vector<int32_t> labels(const std::string &descr,
                              const std::string &data) {
    write("train_labels", npy(descr, "(2,)", data));
    DatasetRef read = open();
    return {labelOf(*read, 0), labelOf(*read, 1)};
  }
  const std::string pixels = "abcdefghijkl";
  TemporaryFolder folder;
};
} // namespace

TEST_F(NpyDataset, ReadsImagesAndLabels) {
  DatasetRef train = open();
  EXPECT_EQ(train->count(), 2);
  ASSERT_EQ(train->fields().size(), 2u);
  EXPECT_EQ(train->fields()[0].dtype, DType::U8);
  EXPECT_EQ(train->fields()[0].shape, (std::vector<int64_t>{2, 3, 1}));
  char image[6];
  train->read({1}, 0, image);
  EXPECT_EQ(std::string(image, 6), "ghijkl");
  EXPECT_EQ(labelOf(*train, 0), 7);
  EXPECT_EQ(labelOf(*train, 1), 3);
  EXPECT_EQ(train->sourceOf(1), path("train_labels"));

  // Of f32; one channel need not be said.
  DatasetRef test = open(DataSplit::Test);
  EXPECT_EQ(test->count(), 1);
  EXPECT_EQ(test->fields()[0].dtype, DType::F32);
  EXPECT_EQ(test->fields()[0].shape, (std::vector<int64_t>{2, 1, 1}));
  float values[2];
  test->read({0}, 0, values);
  EXPECT_EQ(values[0], 0.5f);
  EXPECT_EQ(values[1], 1.0f);
}

TEST_F(NpyDataset, ReadsVersionTwo) {
  write("train_images", npy("|u1", "(2, 6, 1)", pixels, "False", 2));
  EXPECT_EQ(open()->fields()[0].shape, (std::vector<int64_t>{6, 1, 1}));
}

TEST_F(NpyDataset, LabelsOfAnyInteger) {
  std::vector<int32_t> want = {1, 120};
  EXPECT_EQ(labels("|i1", bytesOf<int8_t>({1, 120})), want);
  EXPECT_EQ(labels("|u1", bytesOf<uint8_t>({1, 120})), want);
  EXPECT_EQ(labels("<i2", bytesOf<int16_t>({1, 120})), want);
  EXPECT_EQ(labels("<u2", bytesOf<uint16_t>({1, 120})), want);
  EXPECT_EQ(labels("<i4", bytesOf<int32_t>({1, 120})), want);
  EXPECT_EQ(labels("<u4", bytesOf<uint32_t>({1, 120})), want);
  EXPECT_EQ(labels("<i8", bytesOf<int64_t>({1, 120})), want);
  EXPECT_EQ(labels("<u8", bytesOf<uint64_t>({1, 120})), want);
  EXPECT_EQ(labels("|u1", bytesOf<uint8_t>({0, 255}))[1], 255);
  EXPECT_EQ(labels("<i8", bytesOf<int64_t>({0, 2147483647}))[1], 2147483647);
}

TEST_F(NpyDataset, LabelsOutOfRange) {
  EXPECT_ERROR(labels("|i1", bytesOf<int8_t>({1, -1})),
               path("train_labels") + ": label -1 of image 1 is out of range: "
                                      "expected 0 to 2147483647; fix: ");
  EXPECT_ERROR(labels("<i8", bytesOf<int64_t>({int64_t(1) << 31, 0})),
               "label 2147483648 of image 0 is out of range");
  EXPECT_ERROR(labels("<i8", bytesOf<int64_t>({INT64_MIN, 0})),
               "label -9223372036854775808 of image 0");
  EXPECT_ERROR(labels("<u8", bytesOf<uint64_t>({0, UINT64_MAX})),
               "label 18446744073709551615 of image 1");
  EXPECT_ERROR(labels("<u4", bytesOf<uint32_t>({0, 0x80000000u})),
               "label 2147483648 of image 1");
}

TEST_F(NpyDataset, TargetsBesideLabelsOrInPlaceOfThem) {
  write("train_targets",
        npy("<f4", "(2, 3)", bytesOf<float>({1, 2, 3, 4, 5, 6})));
  DatasetRef both = open();
  ASSERT_EQ(both->fields().size(), 3u);
  std::filesystem::remove(path("train_labels"));
  DatasetRef train = open();
  ASSERT_EQ(train->fields().size(), 2u);
  EXPECT_EQ(train->fields()[1].name, "target");
  EXPECT_EQ(train->fields()[1].shape, std::vector<int64_t>{3});
  float values[3];
  train->read({1}, 1, values);
  EXPECT_EQ(values[2], 6.0f);
  EXPECT_ERROR(labelOf(*train, 0), "has no labels");
  write("train_targets", npy("<f4", "(1, 3)", bytesOf<float>({1, 2, 3})));
  EXPECT_ERROR(open(), path("train_targets") +
                           ": expected a target for each of the 2 images of " +
                           path("train_images") + ", got [1, 3]; fix: ");
  write("train_targets", npy("<f8", "(2,)", bytesOf<double>({1, 2})));
  EXPECT_ERROR(open(), path("train_targets") +
                           ": dtype <f8 is not supported: expected float32; "
                           "fix: convert with array.astype");
  write("train_targets", npy("<f4", "()", bytesOf<float>({1})));
  EXPECT_ERROR(open(), "got []; fix: ");
}

TEST_F(NpyDataset, NumbersThatAreNone) {
  std::string images = path("test_images");
  for (const auto &[value, text] :
       {std::pair(NAN, "nan"), std::pair(INFINITY, "inf"),
        std::pair(-INFINITY, "-inf")}) {
    write("test_images",
          npy("<f4", "(3, 2, 1)", bytesOf<float>({0, 1, 0, value, 1, NAN})));
    write("test_labels", npy("|u1", "(3,)", "abc"));
    EXPECT_ERROR(open(DataSplit::Test), images + ": a pixel of image 1 is " +
                                            text +
                                            ": expected finite numbers; fix: ");
  }
  write("train_targets", npy("<f4", "(2, 2)", bytesOf<float>({1, 2, NAN, 0})));
  EXPECT_ERROR(open(),
               path("train_targets") + ": the target of image 1 is nan");
}

TEST_F(NpyDataset, FilesThatAreMissing) {
  std::filesystem::remove(path("train_images"));
  EXPECT_ERROR(open(), "data folder " + folder.path +
                           " has no train_images.npy; expected it, with "
                           "train_labels.npy (classes) or train_targets.npy "
                           "(numbers) where a model reads them; fix: "
                           "numpy.save");
  // The other split needs none of them.
  EXPECT_EQ(open(DataSplit::Test)->count(), 1);
}

// What masked autoencoders and MoCo v3 train with.
TEST_F(NpyDataset, ImagesAlone) {
  std::filesystem::remove(path("test_labels"));
  DatasetRef data = open(DataSplit::Test);
  EXPECT_EQ(data->count(), 1);
  ASSERT_EQ(data->fields().size(), 1u);
  EXPECT_EQ(data->fields()[0].name, "image");
  EXPECT_ERROR(labelOf(*data, 0), "has no labels");
}

TEST_F(NpyDataset, FilesThatAreNone) {
  std::string images = path("train_images"), good = readAll(images);
  // Wherever it ends.
  for (size_t length = 0; length < good.size(); ++length) {
    writeAll(images, good.substr(0, length));
    std::string error = errorOf([&] { open(); });
    EXPECT_NE(error.find(images), std::string::npos) << length << error;
    EXPECT_NE(error.find("; fix: "), std::string::npos) << length << error;
    EXPECT_NE(error.find(length < 6 ? "is no npy file: expected"
                         : length < good.size() - 12 ? "truncated in its header"
                                                     : "(truncated)"),
              std::string::npos)
        << length << error;
  }
  write("train_images", "PK\3\4\5\6 a zip file, as of numpy.savez");
  EXPECT_ERROR(open(), images + " is no npy file: expected it to begin with "
                                "the bytes 93 4e 55 4d 50 59, got 50 4b 03 04 "
                                "05 06; fix: write it with numpy.save (");
  write("train_images", npy("|u1", "(2, 2, 3)", pixels, "True"));
  EXPECT_ERROR(open(), images + " is in Fortran order: expected C order, the "
                                "last axis side by side; fix: save "
                                "numpy.ascontiguousarray(");
}

TEST_F(NpyDataset, DtypesThatAreNone) {
  std::string images = path("train_images"), labels = path("train_labels");
  write("train_images", npy(">f4", "(2, 1, 1)", std::string(8, 0)));
  EXPECT_ERROR(open(), images + ": dtype >f4 is not supported: expected "
                                "little-endian numbers, got big-endian ones; "
                                "fix: convert with array.astype(");
  // A pickle that would run a command is not even looked at.
  write("train_images", npy("|O", "(2, 1, 1)", "cos\nsystem\n(S'false'\ntR."));
  EXPECT_ERROR(open(), images + ": dtype |O is not supported: expected "
                                "numbers, got pickled Python objects, which "
                                "are never unpickled; fix: ");
  write("train_images", npy("<f8", "(2, 1, 1)", std::string(16, 0)));
  EXPECT_ERROR(open(), images + ": dtype <f8 is not supported: expected uint8 "
                                "(pixels of 0 to 255) or float32 (of 0 to 1); "
                                "fix: convert with array.astype");
  write("train_images", npy("<U3", "(2, 1, 1)", std::string(24, 0)));
  EXPECT_ERROR(open(), "dtype <U3 is not supported: expected integers or "
                       "floating-point numbers; fix: ");
  write("train_images", npy("|u1", "(2, 2, 3, 1)", pixels));
  write("train_labels", npy("<f4", "(2,)", std::string(8, 0)));
  EXPECT_ERROR(open(), labels + ": dtype <f4 is not supported: expected "
                                "integers of any size; fix: ");
  write("train_labels", npy("|b1", "(2,)", std::string(2, 0)));
  EXPECT_ERROR(open(), labels + ": dtype |b1 is not supported: expected "
                                "integers");
}

TEST_F(NpyDataset, ShapesThatDoNotFit) {
  std::string images = path("train_images"), labels = path("train_labels");
  write("train_images", npy("|u1", "(2, 6)", pixels));
  EXPECT_ERROR(open(), images + ": expected images [n, height, width] or [n, "
                                "height, width, channels], got [2, 6]; fix: ");
  write("train_images", npy("|u1", "(1, 2, 3, 1, 2)", pixels));
  EXPECT_ERROR(open(), "got [1, 2, 3, 1, 2]; fix: ");
  for (const char *empty : {"(0, 28, 28)", "(2, 0, 28, 1)", "(2, 28, 28, 0)"}) {
    write("train_images", npy("|u1", empty, ""));
    EXPECT_ERROR(open(), images + " holds no images: expected at least one "
                                  "pixel of one, got [");
  }
  write("train_images", npy("|u1", "(3, 2, 2)", pixels));
  EXPECT_ERROR(open(), labels +
                           ": expected a label for each of the 3 images "
                           "of " +
                           images + ", got [2]; fix: ");
  write("train_images", npy("|u1", "(2, 2, 3)", pixels));
  write("train_labels", npy("|u1", "(2, 2)", "\1\2\3\4"));
  EXPECT_ERROR(open(), labels + ": expected one label for each image, [2], got "
                                "[2, 2]; fix: labels.argmax(1)");
  write("train_labels", npy("|u1", "()", "\1"));
  EXPECT_ERROR(open(), labels + ": expected a label for each of the 2 images");
  write("train_labels", npy("|u1", "(0,)", ""));
  EXPECT_ERROR(open(), "got [0]; fix: ");
}

TEST_F(NpyDataset, Files) {
  write("other", "");
  EXPECT_EQ(
      datasetFiles("npy:" + folder.path, DataSplit::Train),
      (std::vector<std::string>{path("train_images"), path("train_labels")}));
  EXPECT_EQ(
      datasetFiles("npy:" + folder.path, DataSplit::Test),
      (std::vector<std::string>{path("test_images"), path("test_labels")}));
}
