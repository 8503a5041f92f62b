//===- Registration.cpp - What this runtime is made of --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One line for each item, in the order in which help and messages show them.
// See runtime/core/Registry.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Devices.h"
#include "runtime/core/HostCall.h"
#include "runtime/data/Dataset.h"
#include "runtime/data/ImageFormat.h"
#include "runtime/data/Transform.h"

// clang-format off
#define MOEC_DEVICES(item) \
  item(cpuDevice) \
  item(cudaDevice) \
  item(ptxsimDevice)

#define MOEC_HOST_CALLS(item) \
  item(routeCall) \
  item(expertRouteCall)

#define MOEC_DATASETS(item) \
  item(idxDataset) \
  item(cifar10Dataset) \
  item(cifar100Dataset) \
  item(npyDataset) \
  item(imageFolderDataset)

#define MOEC_TRANSFORMS(item) \
  item(flipTransform) \
  item(cropTransform) \
  item(resizeTransform) \
  item(resizedCropTransform) \
  item(randAugmentTransform) \
  item(jitterTransform) \
  item(greyTransform) \
  item(blurTransform) \
  item(solarizeTransform) \
  item(viewsTransform) \
  item(mixupTransform)

#ifdef MOEC_IMAGE_LIBRARIES
#define MOEC_IMAGE_FORMATS(item) \
  item(pngFormat) \
  item(jpegFormat)
#else // a kit for machines without them
#define MOEC_IMAGE_FORMATS(item)
#endif
// clang-format on

namespace moec::rt {

// Each is defined in the file that it describes.
#define MOEC_ITEM(name) name,
#define MOEC_DECLARE(name) extern const DeviceInfo name;
MOEC_DEVICES(MOEC_DECLARE)
#undef MOEC_DECLARE
#define MOEC_DECLARE(name) extern const HostCallInfo name;
MOEC_HOST_CALLS(MOEC_DECLARE)
#undef MOEC_DECLARE
#define MOEC_DECLARE(name) extern const DatasetInfo name;
MOEC_DATASETS(MOEC_DECLARE)
#undef MOEC_DECLARE
#define MOEC_DECLARE(name) extern const TransformInfo name;
MOEC_TRANSFORMS(MOEC_DECLARE)
#undef MOEC_DECLARE
#define MOEC_DECLARE(name) extern const ImageFormat name;
MOEC_IMAGE_FORMATS(MOEC_DECLARE)

const Registry<DeviceInfo> &allDevices() {
  static const Registry<DeviceInfo> devices = {MOEC_DEVICES(MOEC_ITEM)};
  return devices;
}

const Registry<HostCallInfo> &allHostCalls() {
  static const Registry<HostCallInfo> calls = {MOEC_HOST_CALLS(MOEC_ITEM)};
  return calls;
}

const Registry<DatasetInfo> &allDatasets() {
  static const Registry<DatasetInfo> datasets = {MOEC_DATASETS(MOEC_ITEM)};
  return datasets;
}

const Registry<TransformInfo> &allTransforms() {
  static const Registry<TransformInfo> kinds = {MOEC_TRANSFORMS(MOEC_ITEM)};
  return kinds;
}

const Registry<ImageFormat> &allImageFormats() {
  static const Registry<ImageFormat> formats = {MOEC_IMAGE_FORMATS(MOEC_ITEM)};
  return formats;
}

} // namespace moec::rt
