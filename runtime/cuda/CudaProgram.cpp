//===- CudaProgram.cpp - A step as a CUDA graph ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Fail.h"
#include "runtime/cuda/CudaDevice.h"

namespace moec::rt::cuda {

CudaProgram::~CudaProgram() {
  const Driver &driver = *device.driver;
  CudaDevice::LastScope scope(device);
  if (exec)
    driver.graphExecDestroy(exec);
  for (Event event : {start, end})
    if (event)
      driver.eventDestroy(event);
  for (Event event : marks)
    driver.eventDestroy(event);
}

void CudaProgram::build(const Entry &entry, const BlockAddress &address) {
  const Driver &driver = *device.driver;
  const Manifest &manifest = device.module->manifest();
  for (const ResolvedLaunch &launch : unrollProgram(entry, address)) {
    const Kernel &kernel = manifest.kernels[launch.kernel];
    if (kernel.gpu.grid == 0)
      continue;
    steps.push_back(
        {launch.kernel, GpuParameters(kernel, launch, device.workspace,
                                      [&](const TensorMap &map, uint64_t base) {
                                        return device.encode(kernel, map, base);
                                      })});
  }
  driver.check(driver.eventCreate(&start, 0), "cuEventCreate");
  driver.check(driver.eventCreate(&end, 0), "cuEventCreate");
  std::string what = fmt::format("graph of entry {}", name);
  driver.check(driver.captureBegin(device.stream, captureThreadLocal), what);
  Graph graph = nullptr;
  try {
    for (size_t i = 0; i < steps.size(); ++i)
      launch(steps[i], i);
  } catch (...) {
    driver.captureEnd(device.stream, &graph);
    if (graph)
      driver.graphDestroy(graph);
    throw;
  }
  driver.check(driver.captureEnd(device.stream, &graph), what);
  Result result = driver.graphInstantiate(&exec, graph, 0);
  driver.graphDestroy(graph);
  if (result != 0)
    exec = nullptr;
  driver.check(result, what);
}

std::string CudaProgram::where(const Step &step, size_t index) const {
  return fmt::format("kernel {}, launch {} of {} in entry {}",
                     kernelText(device.module->manifest().kernels[step.kernel]),
                     index + 1, steps.size(), name);
}

void CudaProgram::launch(Step &step, size_t index) {
  const Driver &driver = *device.driver;
  const GpuLaunch &gpu = device.module->manifest().kernels[step.kernel].gpu;
  Function function = device.functions[step.kernel];
  Result result = 0;
  if (gpu.cluster == 1) {
    result = driver.launch(function, unsigned(gpu.grid), 1, 1,
                           unsigned(gpu.threads), 1, 1, unsigned(gpu.shared),
                           device.stream, step.parameters.pointers(), nullptr);
  } else {
    LaunchAttribute cluster;
    cluster.x = unsigned(gpu.cluster);
    LaunchConfig config;
    config.gridX = unsigned(gpu.grid);
    config.blockX = unsigned(gpu.threads);
    config.sharedBytes = unsigned(gpu.shared);
    config.stream = device.stream;
    config.attributes = &cluster;
    config.attributeCount = 1;
    result =
        driver.launchEx(&config, function, step.parameters.pointers(), nullptr);
  }
  if (result != 0)
    driver.check(result, where(step, index));
}

void CudaProgram::runEach(std::vector<KernelCost> *costs) {
  const Driver &driver = *device.driver;
  if (costs) {
    while (marks.size() < steps.size() + 1) {
      Event event = nullptr;
      driver.check(driver.eventCreate(&event, 0), "cuEventCreate");
      marks.push_back(event);
    }
    driver.check(driver.eventRecord(marks[0], device.stream), "cuEventRecord");
  }
  for (size_t i = 0; i < steps.size(); ++i) {
    launch(steps[i], i);
    if (costs)
      driver.check(driver.eventRecord(marks[i + 1], device.stream),
                   where(steps[i], i));
    if (device.options.debugLaunches) {
      Result result = driver.streamWait(device.stream);
      if (result != 0)
        driver.check(result, where(steps[i], i));
    }
  }
}

double CudaProgram::run(std::vector<KernelCost> *costs) {
  const Driver &driver = *device.driver;
  CudaDevice::Scope scope(device);
  driver.check(driver.eventRecord(start, device.stream), "cuEventRecord");
  if (costs || device.options.debugLaunches)
    runEach(costs);
  else
    driver.check(driver.graphLaunch(exec, device.stream),
                 fmt::format("entry {}", name));
  Result recorded = driver.eventRecord(end, device.stream);
  Result result = driver.streamWait(device.stream);
  if (result != 0)
    driver.check(result, fmt::format("a kernel of entry {} failed (run again "
                                     "with --debug-launches to see which)",
                                     name));
  driver.check(recorded, "cuEventRecord");
  float milliseconds = 0;
  if (costs)
    for (size_t i = 0; i < steps.size(); ++i) {
      driver.check(driver.eventElapsed(&milliseconds, marks[i], marks[i + 1]),
                   "cuEventElapsedTime");
      KernelCost &cost = (*costs)[steps[i].kernel];
      ++cost.launches;
      cost.seconds += double(milliseconds) * 1e-3;
    }
  driver.check(driver.eventElapsed(&milliseconds, start, end),
               "cuEventElapsedTime");
  return double(milliseconds) * 1e-3;
}

} // namespace moec::rt::cuda
