//===- Patches.cpp - normalize and patch_embed --------------------------===//
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

static std::optional<TensorInfo> checkNormalize(NodeCheck &check) {
  const TensorInfo &image = check.input(0);
  if (image.rank() != 4 ||
      (image.dtype != DType::U8 && image.dtype != DType::F32)) {
    check.problem("inputs", "'normalize' needs an image")
        .expected("u8 or f32 [batch, height, width, channels]")
        .got(toString(image));
    return std::nullopt;
  }
  return TensorInfo{image.shape, DType::Pixels};
}

// It is part of patch_embed's moe.patchify, which reads its attributes.
static Value buildNormalize(NodeBuild &build) { return build.inputs[0]; }

const OpDef moec::import::normalizeOp = {
    "normalize",
    "(x - mean) / std of an image, where u8 pixels are divided by 255 first; "
    "its result goes to patch_embed",
    1,
    1,
    {AttrDef{"mean", AttrDef::Kind::Real, "mean of the pixels", true, 0, -1e30},
     AttrDef{"std", AttrDef::Kind::Real, "standard deviation of the pixels",
             true, 1, 0, true}},
    checkNormalize,
    buildNormalize};

static std::optional<TensorInfo> checkPatchEmbed(NodeCheck &check) {
  const TensorInfo &image = check.input(0);
  if (image.rank() != 4 || image.dtype == DType::I32) {
    check.problem("inputs", "'patch_embed' needs an image")
        .expected("u8 or f32 [batch, height, width, channels]")
        .got(toString(image));
    return std::nullopt;
  }
  int64_t patch = check.integer("patch"), width = check.integer("width");
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
  int64_t elements = patch * patch * image.shape[3];
  check.temporary({image.shape[0], tokens, elements});
  check.linearParams("", elements, width);
  return TensorInfo{{image.shape[0], tokens, width}};
}

static Value buildPatchEmbed(NodeBuild &build) {
  double mean = 0, std = 1;
  const Node *producer = build.producer(0);
  if (producer && producer->op == &normalizeOp) {
    mean = producer->attrs.find("mean")->second.real;
    std = producer->attrs.find("std")->second.real;
  }
  OpBuilder &b = build.b;
  int64_t patch = build.integer("patch");
  ArrayRef<int64_t> image = build.shape(build.inputs[0]);
  auto type = build.type({image[0], (image[1] / patch) * (image[2] / patch),
                          patch * patch * image[3]});
  Value patches = moec::moe::PatchifyOp::create(
      b, build.loc, type, build.inputs[0], b.getI64IntegerAttr(patch),
      b.getF64FloatAttr(mean), b.getF64FloatAttr(std));
  return build.linear(patches, "", 2);
}

const OpDef moec::import::patchEmbedOp = {
    "patch_embed",
    "cuts an image into patches, one token each, and maps them to `width` "
    "channels (arXiv 2105.01601, section 2)",
    1,
    1,
    {AttrDef{"patch", AttrDef::Kind::Size, "height and width of a patch", true},
     AttrDef::size("width", "channels of a token")},
    checkPatchEmbed,
    buildPatchEmbed};
