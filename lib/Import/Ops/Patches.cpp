//===- Patches.cpp - normalize, patchify and patch_embed ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>

using namespace mlir;
using namespace moec::import;

/// As many channels may have a mean of their own: each is a comparison in the
/// kernel.
static constexpr size_t maxChannels = 32;

static std::optional<TensorInfo> checkNormalize(NodeCheck &check) {
  const TensorInfo &image = check.input(0);
  if (image.rank() != 4 ||
      (image.dtype != DType::U8 && image.dtype != DType::F32)) {
    check.problem("inputs", "'normalize' needs an image")
        .expected("u8 or f32 [batch, height, width, channels]")
        .got(toString(image));
    return std::nullopt;
  }
  size_t channels = image.shape[3];
  for (const char *name : {"mean", "std"}) {
    size_t count = check.numbers(name).size();
    if (count == 1 || (count == channels && count <= maxChannels))
      continue;
    check.problem(name, "'" + Twine(name) + "' does not fit the channels")
        .expected(channels > maxChannels ? "a number; lists are for at most " +
                                               Twine(maxChannels) + " channels"
                                         : "a number, or " + Twine(channels) +
                                               " for " + toString(image))
        .got(Twine(count));
    return std::nullopt;
  }
  return TensorInfo{image.shape, DType::Pixels};
}

// It is part of moe.patchify, which reads its attributes.
static Value buildNormalize(NodeBuild &build) { return build.inputs[0]; }

const OpDef moec::import::normalizeOp = {
    "normalize",
    "(x - mean) / std of an image, where u8 pixels are divided by 255 first; "
    "its result goes to patch_embed or patchify",
    1,
    1,
    {AttrDef{"mean", AttrDef::Kind::Numbers,
             "mean of the pixels, or of those of each channel", true, 0, -1e30},
     AttrDef{"std", AttrDef::Kind::Numbers,
             "standard deviation of the pixels, or of those of each channel",
             true, 1, 0, true}},
    checkNormalize,
    buildNormalize};

/// [batch, tokens, values of a patch]
static std::optional<TensorInfo> checkPatchify(NodeCheck &check) {
  const TensorInfo &image = check.input(0);
  if (image.rank() != 4 || image.dtype == DType::I32) {
    check
        .problem("inputs",
                 Twine("'") + check.self().op->name + "' needs an image")
        .expected("u8 or f32 [batch, height, width, channels]")
        .got(toString(image));
    return std::nullopt;
  }
  int64_t patch = check.integer("patch");
  int64_t rows = image.shape[1], columns = image.shape[2];
  if (rows % patch || columns % patch) {
    int64_t near = std::min(patch, std::min(rows, columns));
    while (near > 1 && (rows % near || columns % near))
      --near;
    // Few rows of many columns: most likely the channels of another order.
    bool channelsFirst = rows <= 4 && columns > 4 && image.shape[3] == columns;
    check
        .problem(
            "patch",
            llvm::formatv("patches of {0} do not divide an image of {1}x{2}",
                          patch, rows, columns))
        .expected("a patch size that divides height and width")
        .got(llvm::formatv("{0} for {1}", patch, toString(image)))
        .fix(channelsFirst
                 ? llvm::formatv("channels come last: give the image the shape "
                                 "[batch, {0}, {0}, {1}]",
                                 columns, rows)
                       .str()
                 : llvm::formatv("use \"patch\": {0}", near).str());
    return std::nullopt;
  }
  int64_t tokens = (rows / patch) * (columns / patch);
  return TensorInfo{{image.shape[0], tokens, patch * patch * image.shape[3]}};
}

static Value buildPatchify(NodeBuild &build) {
  std::vector<double> mean = {0}, std = {1};
  const Node *producer = build.producer(0);
  if (producer && producer->op == &normalizeOp) {
    mean = producer->attrs.find("mean")->second.numbers;
    std = producer->attrs.find("std")->second.numbers;
  }
  OpBuilder &b = build.b;
  int64_t patch = build.integer("patch");
  ArrayRef<int64_t> image = build.shape(build.inputs[0]);
  auto type = build.type({image[0], (image[1] / patch) * (image[2] / patch),
                          patch * patch * image[3]});
  return moec::moe::PatchifyOp::create(
      b, build.loc, type, build.inputs[0], b.getI64IntegerAttr(patch),
      b.getDenseF64ArrayAttr(mean), b.getDenseF64ArrayAttr(std));
}

static AttrDef patchSize() {
  return AttrDef::size("patch", "height and width of a patch");
}

const OpDef moec::import::patchifyOp = {
    "patchify",
    "cuts an image into patches, one token each, whose channels are the "
    "pixels of the patch, row by row",
    1,
    1,
    {patchSize()},
    checkPatchify,
    buildPatchify};

static std::optional<TensorInfo> checkPatchEmbed(NodeCheck &check) {
  std::optional<TensorInfo> patches = checkPatchify(check);
  if (!patches)
    return std::nullopt;
  int64_t width = check.integer("width");
  check.temporary(patches->shape);
  check.linearParams("", patches->shape[2], width, check.integer("bias"));
  patches->shape[2] = width;
  return patches;
}

static Value buildPatchEmbed(NodeBuild &build) {
  return build.linear(buildPatchify(build), "", 2);
}

const OpDef moec::import::patchEmbedOp = {
    "patch_embed",
    "patchify, then linear to `width` channels (arXiv 2105.01601, section 2)",
    1,
    1,
    {patchSize(), AttrDef::size("width", "channels of a token"),
     AttrDef::bias("whether there is a bias")},
    checkPatchEmbed,
    buildPatchEmbed};
