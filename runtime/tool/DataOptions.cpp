//===- DataOptions.cpp - Where the images of a command come from ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/DataOptions.h"
#include "runtime/data/Transform.h"
#include "runtime/tool/CommandLine.h"
#include "runtime/tool/Tool.h"

namespace moec::rt {

static CLI::Validator shareOfOne() {
  return CLI::Validator(
      [](std::string &text) {
        double value = 0;
        bool good = CLI::detail::lexical_cast(text, value);
        return good && value > 0 && value < 1
                   ? std::string()
                   : fmt::format("expected a share between 0 and 1, got '{}'",
                                 text);
      },
      "");
}

void addDataOptions(CLI::App &app, DataOptions &options, bool training,
                    const char *otherwise) {
  app.add_option("--data", options.source,
                 (training ? "Training data, " : "Data with a test split, ") +
                     datasetKinds())
      ->required();
  if (training)
    app.add_option(
        "--transform", options.transforms,
        "Change the training images, a new way in each epoch: " +
            transformKinds() +
            "; NAME@FIELD: of this field alone; may be given several times");
  app.add_option("--test-transform", options.testTransforms,
                 training ? "The same for the test images, one way in all "
                            "epochs"
                          : "Change the test images: " + transformKinds() +
                                "; NAME@FIELD: of this field alone; may be "
                                "given several times");
  app.add_option("--validation", options.validation,
                 "Take this share of the training images, which training "
                 "leaves out, for test images")
      ->check(shareOfOne());
  app.add_option("--validation-seed", options.validationSeed,
                 "Which ones (default 0)")
      ->check(wholeNumber(0));
  app.add_option("--test-images", options.testImages,
                 fmt::format("Only the first so many test images (default: {})",
                             otherwise))
      ->check(wholeNumber(1));
  app.add_flag("--skip-damaged", options.skipDamaged,
               "Leave files out that cannot be read, with a warning");
}

DatasetRef CommandData::open(DataSplit split) const {
  DatasetRef data =
      openDataset(options.source, split, ReadOptions{options.skipDamaged});
  std::vector<std::string> damaged = data->notes().damaged;
  if (!damaged.empty())
    warn(fmt::format(
        "{}: {} {} left out, the first: {}", data->name(), damaged.size(),
        damaged.size() == 1 ? "file is" : "files are", damaged.front()));
  return data;
}

const HeldOut &CommandData::heldOut() {
  if (!parts.part)
    parts = holdOut(open(DataSplit::Train), *options.validation,
                    options.validationSeed);
  return parts;
}

DatasetRef CommandData::training() {
  return transformed(options.validation ? heldOut().rest
                                        : open(DataSplit::Train),
                     options.transforms);
}

DatasetRef CommandData::test() {
  DatasetRef data = options.validation ? heldOut().part : open(DataSplit::Test);
  if (options.testImages) {
    if (*options.testImages > data->count())
      fail("--test-images {}: {} has {} {} images", *options.testImages,
           data->name(), data->count(), testName());
    data = firstItems(std::move(data), *options.testImages);
  }
  return transformed(std::move(data), options.testTransforms);
}

} // namespace moec::rt
