//===- CInterface.cpp - The C interface -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "moec/Runtime/Runtime.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Session.h"
#include "runtime/core/Version.h"
#include "runtime/data/Weights.h"

#include <cstring>
#include <new>

using namespace moec::rt;

struct moec_module {
  std::shared_ptr<const Module> module;
};

struct moec_session {
  explicit moec_session(std::shared_ptr<const Module> module,
                        const SessionOptions &options)
      : session(std::move(module), options),
        device(session.device().describe()) {}
  Session session;
  std::string device;
};

static thread_local std::string lastError;

/// Runs `body`; no exception leaves.
template <typename Body> static moec_status guard(Body &&body) noexcept {
  try {
    try {
      body();
      lastError.clear();
      return MOEC_OK;
    } catch (const Error &e) {
      lastError = e.what();
      return e.code() == ErrorCode::Resources ? MOEC_RESOURCES : MOEC_ERROR;
    } catch (const std::bad_alloc &) {
      lastError = "out of memory";
      return MOEC_RESOURCES;
    } catch (const std::exception &e) {
      lastError = e.what();
      return MOEC_ERROR;
    }
  } catch (...) { // no memory for the text either
    return MOEC_RESOURCES;
  }
}

/// Throws Error for a null argument; `what` is its name in the header.
static void require(const void *pointer, const char *what) {
  if (!pointer)
    fail("the argument \"{}\" is null", what);
}

/// What `body` returns of a module or a session, or `otherwise` with an error
/// text when that is null.
template <typename Handle, typename Result, typename Body>
static Result ask(const Handle *handle, const char *what, Result otherwise,
                  Body &&body) {
  guard([&] {
    require(handle, what);
    otherwise = body();
  });
  return otherwise;
}

static const Entry *entryAt(const Manifest &manifest, int64_t index) {
  bool valid = index >= 0 && index < int64_t(manifest.entries.size());
  return valid ? &manifest.entries[index] : nullptr;
}

static const Entry &requireEntry(const Manifest &manifest, int64_t index) {
  const Entry *entry = entryAt(manifest, index);
  if (!entry)
    fail("entry {} does not exist: the module has {}", index,
         manifest.entries.size());
  return *entry;
}

template <typename T>
static const T &requireItem(const std::vector<T> &items, int64_t index,
                            const char *what) {
  if (index < 0 || index >= int64_t(items.size()))
    fail("{} {} does not exist: there are {}", what, index, items.size());
  return items[index];
}

static moec_tensor_info describe(const TensorInfo &tensor) {
  return {tensor.name.c_str(), moec_dtype(int(tensor.dtype)),
          int32_t(tensor.shape.size()), tensor.shape.data(), tensor.bytes()};
}

static_assert(int(DType::U8) == MOEC_U8 && int(DType::I32) == MOEC_I32 &&
                  int(DType::F32) == MOEC_F32 && int(DType::BF16) == MOEC_BF16,
              "the numbers of dtypes are part of the interface");

extern "C" {

const char *moec_error_message(void) { return lastError.c_str(); }

moec_status moec_module_load(const char *path, moec_module **module) {
  return guard([&] {
    require(module, "module");
    *module = nullptr;
    require(path, "path");
    *module = new moec_module{Module::load(path)};
  });
}

void moec_module_free(moec_module *module) { delete module; }

const char *moec_version(void) { return MOEC_VERSION; }

const char *moec_version_details(void) {
  static const std::string text = moec::versionText("moec");
  return text.c_str();
}

const char *moec_module_name(const moec_module *module) {
  return ask(module, "module", "",
             [&] { return module->module->manifest().model.c_str(); });
}

const char *moec_module_manifest(const moec_module *module) {
  return ask(module, "module", "",
             [&] { return module->module->manifestText().c_str(); });
}

int64_t moec_module_entry_count(const moec_module *module) {
  return ask(module, "module", int64_t(0), [&] {
    return int64_t(module->module->manifest().entries.size());
  });
}

const char *moec_module_entry_name(const moec_module *module, int64_t entry) {
  const char *none = nullptr;
  return ask(module, "module", none, [&] {
    const Entry *found = entryAt(module->module->manifest(), entry);
    return found ? found->name.c_str() : nullptr;
  });
}

int64_t moec_module_entry_batch(const moec_module *module, int64_t entry) {
  return ask(module, "module", int64_t(0), [&] {
    const Entry *found = entryAt(module->module->manifest(), entry);
    return found ? found->batch : 0;
  });
}

int64_t moec_module_find_entry(const moec_module *module, const char *name,
                               int64_t batch) {
  return ask(module, "module", int64_t(-1), [&] {
    require(name, "name");
    return module->module->manifest().findEntry(name, batch);
  });
}

int64_t moec_module_input_count(const moec_module *module, int64_t entry) {
  return ask(module, "module", int64_t(0), [&] {
    const Entry *found = entryAt(module->module->manifest(), entry);
    return found ? int64_t(found->inputs.size()) : 0;
  });
}

int64_t moec_module_output_count(const moec_module *module, int64_t entry) {
  return ask(module, "module", int64_t(0), [&] {
    const Entry *found = entryAt(module->module->manifest(), entry);
    return found ? int64_t(found->outputs.size()) : 0;
  });
}

int64_t moec_module_variable_count(const moec_module *module) {
  return ask(module, "module", int64_t(0), [&] {
    return int64_t(module->module->manifest().variables.size());
  });
}

moec_status moec_module_input(const moec_module *module, int64_t entry,
                              int64_t index, moec_tensor_info *info) {
  return guard([&] {
    require(module, "module");
    require(info, "info");
    const Entry &found = requireEntry(module->module->manifest(), entry);
    *info = describe(requireItem(found.inputs, index, "input"));
  });
}

moec_status moec_module_output(const moec_module *module, int64_t entry,
                               int64_t index, moec_tensor_info *info) {
  return guard([&] {
    require(module, "module");
    require(info, "info");
    const Entry &found = requireEntry(module->module->manifest(), entry);
    *info = describe(requireItem(found.outputs, index, "output"));
  });
}

moec_status moec_module_variable(const moec_module *module, int64_t index,
                                 moec_tensor_info *info) {
  return guard([&] {
    require(module, "module");
    require(info, "info");
    *info = describe(
        requireItem(module->module->manifest().variables, index, "variable"));
  });
}

const char *moec_module_variable_role(const moec_module *module,
                                      int64_t index) {
  const char *none = nullptr;
  return ask(module, "module", none, [&] {
    const std::vector<Variable> &variables =
        module->module->manifest().variables;
    return index >= 0 && index < int64_t(variables.size())
               ? roleName(variables[size_t(index)].role)
               : nullptr;
  });
}

moec_status moec_session_create(const moec_module *module,
                                const moec_session_options *options,
                                moec_session **session) {
  return guard([&] {
    require(session, "session");
    *session = nullptr;
    require(module, "module");
    SessionOptions wanted;
    if (options) {
      if (options->threads < 0)
        fail("expected a number of threads, got {}", options->threads);
      wanted.threads = options->threads;
      if (options->static_dealing)
        wanted.dealing = Dealing::Static;
      if (options->device)
        wanted.device = options->device;
      wanted.debugLaunches = options->debug_launches != 0;
      wanted.profile = options->profile != 0;
    }
    *session = new moec_session(module->module, wanted);
  });
}

const char *moec_session_device(const moec_session *session) {
  return ask(session, "session", "", [&] { return session->device.c_str(); });
}

void moec_session_free(moec_session *session) { delete session; }

moec_status moec_session_init_variables(moec_session *session, uint64_t seed) {
  return guard([&] {
    require(session, "session");
    session->session.initVariables(seed);
  });
}

moec_status moec_session_load_weights(moec_session *session, const char *path) {
  return guard([&] {
    require(session, "session");
    require(path, "path");
    loadWeights(session->session, path);
  });
}

moec_status moec_session_save_weights(moec_session *session, const char *path) {
  return guard([&] {
    require(session, "session");
    require(path, "path");
    saveWeights(session->session, path);
  });
}

moec_status moec_session_variable_data(moec_session *session, int64_t index,
                                       void **data) {
  return guard([&] {
    require(session, "session");
    require(data, "data");
    requireItem(session->session.manifest().variables, index, "variable");
    *data = session->session.variable<void>(index);
  });
}

moec_status moec_session_prepare(moec_session *session, int64_t entry) {
  return guard([&] {
    require(session, "session");
    requireEntry(session->session.manifest(), entry);
    session->session.prepare(entry);
  });
}

moec_status moec_session_set_input(moec_session *session, int64_t entry,
                                   const char *name, const void *data,
                                   int64_t bytes) {
  return guard([&] {
    require(session, "session");
    require(name, "name");
    if (bytes != 0)
      require(data, "data");
    requireEntry(session->session.manifest(), entry);
    session->session.setInput(entry, name, data, bytes);
  });
}

moec_status moec_session_run(moec_session *session, int64_t entry) {
  return guard([&] {
    require(session, "session");
    requireEntry(session->session.manifest(), entry);
    session->session.run(entry);
  });
}

moec_status moec_session_run_timed(moec_session *session, int64_t entry,
                                   int64_t repetitions, double *seconds) {
  return guard([&] {
    require(session, "session");
    if (repetitions > 0)
      require(seconds, "seconds");
    requireEntry(session->session.manifest(), entry);
    for (int64_t i = 0; i < repetitions; ++i)
      seconds[i] = session->session.run(entry);
  });
}

moec_status moec_session_take_kernel_cost(moec_session *session, int64_t kernel,
                                          int64_t *launches, double *seconds) {
  return guard([&] {
    require(session, "session");
    require(launches, "launches");
    require(seconds, "seconds");
    requireItem(session->session.manifest().kernels, kernel, "kernel");
    if (session->session.costs().empty())
      fail("the session was made without profile: it measures no kernel");
    KernelCost cost = session->session.takeCost(kernel);
    *launches = cost.launches;
    *seconds = cost.seconds;
  });
}

moec_status moec_session_get_output(moec_session *session, int64_t entry,
                                    const char *name, void *data,
                                    int64_t bytes) {
  return guard([&] {
    require(session, "session");
    require(name, "name");
    if (bytes != 0)
      require(data, "data");
    const Entry &found = requireEntry(session->session.manifest(), entry);
    int64_t index = found.findOutput(name);
    if (index < 0)
      fail("entry {} has no output \"{}\"", found.name, name);
    if (bytes != found.outputs[index].bytes())
      fail("output \"{}\" of entry {} has {} bytes, got room for {}", name,
           found.name, found.outputs[index].bytes(), bytes);
    if (bytes)
      std::memcpy(data, session->session.output(entry, index), bytes);
  });
}

moec_status moec_session_input_data(moec_session *session, int64_t entry,
                                    int64_t index, void **data) {
  return guard([&] {
    require(session, "session");
    require(data, "data");
    requireItem(requireEntry(session->session.manifest(), entry).inputs, index,
                "input");
    *data = session->session.input(entry, index);
  });
}

moec_status moec_session_output_data(moec_session *session, int64_t entry,
                                     int64_t index, const void **data) {
  return guard([&] {
    require(session, "session");
    require(data, "data");
    requireItem(requireEntry(session->session.manifest(), entry).outputs, index,
                "output");
    *data = session->session.output(entry, index);
  });
}

} // extern "C"
