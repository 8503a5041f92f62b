//===- Runtime.h - The C interface of the runtime ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loads modules that `moec compile` made and runs them. Plain C.
//
// Every function that can fail returns a moec_status and leaves a text for
// moec_error_message() of the same thread. Nothing exits or throws. A null
// argument is an error unless a comment allows it; functions without a status
// then return 0, "" or what they return for something missing. Strings and
// shapes that a function hands out live as long as the module or session they
// come from.
//
//   moec_module *module;
//   moec_session *session;
//   if (moec_module_load("mixer.moec", &module) ||
//       moec_session_create(module, NULL, &session) ||
//       moec_session_load_weights(session, "w.safetensors") ||
//       moec_session_set_input(session, 0, "image", pixels, pixel_bytes) ||
//       moec_session_run(session, 0) ||
//       moec_session_get_output(session, 0, "logits", logits, logit_bytes))
//     fprintf(stderr, "%s\n", moec_error_message());
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_RUNTIME_H
#define MOEC_RUNTIME_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What an error means; the values are the exit codes of the tools. */
typedef enum moec_status {
  MOEC_OK = 0,
  MOEC_ERROR = 1,    /**< a module, a file or an argument is wrong */
  MOEC_RESOURCES = 4 /**< memory or disk is short */
} moec_status;

/** MOEC_BF16 is of derived variables alone. */
typedef enum moec_dtype {
  MOEC_U8 = 0,
  MOEC_I32 = 1,
  MOEC_F32 = 2,
  MOEC_BF16 = 3
} moec_dtype;

/** An input, an output or a variable. A scalar has rank 0. */
typedef struct moec_tensor_info {
  const char *name;
  moec_dtype dtype;
  int32_t rank;
  const int64_t *shape;
  int64_t bytes;
} moec_tensor_info;

/** Zero everywhere gives the defaults. */
typedef struct moec_session_options {
  int32_t threads;        /**< 0: OMP_NUM_THREADS, else all cores */
  int32_t static_dealing; /**< deal blocks in fixed shares, not on demand */
  const char *device;     /**< "cpu", "cuda", "ptxsim"; NULL: the module's */
  int32_t debug_launches; /**< GPU: wait after each launch, to name faults */
  int32_t profile;        /**< measure every kernel; steps are slower then */
} moec_session_options;

typedef struct moec_module moec_module;
typedef struct moec_session moec_session;

/** The text of this thread's last error; "" when there was none. */
const char *moec_error_message(void);

/** The version of the library, "0.1.0", as MOEC_VERSION of
 * moec/Runtime/Version.h. */
const char *moec_version(void);
/** The same for people, with commit and module ABI. */
const char *moec_version_details(void);

/**
 * Reads a module and checks that it is whole and fits this library. None of its
 * code is loaded: it may be for another CPU, which moec_session_create refuses.
 */
moec_status moec_module_load(const char *path, moec_module **module);
/** Sessions of the module keep what they need. Null is allowed. */
void moec_module_free(moec_module *module);
const char *moec_module_name(const moec_module *module);
/** The manifest, JSON text that ends with a zero byte. */
const char *moec_module_manifest(const moec_module *module);

int64_t moec_module_entry_count(const moec_module *module);
/** Null when there is no such entry. */
const char *moec_module_entry_name(const moec_module *module, int64_t entry);
/** 0 when there is no such entry. */
int64_t moec_module_entry_batch(const moec_module *module, int64_t entry);
/** Index of the entry of that name and batch size (0: any); -1: none. */
int64_t moec_module_find_entry(const moec_module *module, const char *name,
                               int64_t batch);

/** 0 when there is no such entry. */
int64_t moec_module_input_count(const moec_module *module, int64_t entry);
int64_t moec_module_output_count(const moec_module *module, int64_t entry);
moec_status moec_module_input(const moec_module *module, int64_t entry,
                              int64_t index, moec_tensor_info *info);
moec_status moec_module_output(const moec_module *module, int64_t entry,
                               int64_t index, moec_tensor_info *info);

/**
 * Variables are what a session keeps between runs: parameters, statistics,
 * moments of the optimizer and so on.
 */
int64_t moec_module_variable_count(const moec_module *module);
moec_status moec_module_variable(const moec_module *module, int64_t index,
                                 moec_tensor_info *info);
/**
 * "parameter", "statistic", "moment", "shadow" or "derived"; null when there is
 * no such variable.
 */
const char *moec_module_variable_role(const moec_module *module, int64_t index);

/**
 * Loads the module's code, which must fit this CPU or the device, and allocates
 * the variables, all zero. `options` may be null. A
 * session serves one thread at a time.
 */
moec_status moec_session_create(const moec_module *module,
                                const moec_session_options *options,
                                moec_session **session);
/** Null is allowed. */
void moec_session_free(moec_session *session);

/** Sets every variable by its rule; the same for any number of threads. */
moec_status moec_session_init_variables(moec_session *session, uint64_t seed);
/**
 * Reads parameters, statistics and shadows from a safetensors file. All tensors
 * that are missing, unexpected or of another shape stand in one error; nothing
 * changes then.
 */
moec_status moec_session_load_weights(moec_session *session, const char *path);
/** Writes the same: a temporary file, synced and renamed to `path`. */
moec_status moec_session_save_weights(moec_session *session, const char *path);
/** Name and architecture of the session's device. */
const char *moec_session_device(const moec_session *session);
/**
 * The values of a variable, of the dtype that moec_module_variable tells, to
 * read or to write until the next run. On another device than the CPU it is a
 * copy: ask again after a run.
 */
moec_status moec_session_variable_data(moec_session *session, int64_t index,
                                       void **data);

/** Allocates the entry's arena and buffers, which the first run does else. */
moec_status moec_session_prepare(moec_session *session, int64_t entry);
/**
 * Copies `bytes` bytes in; they must be the input's size. `name` is that of a
 * field of the data, such as "image"; where there is none, that of an input
 * which the training loop fills ("learning_rate", "step", "seed",
 * "half_cosine"). One of the latter under the name of a field is reached by
 * moec_session_input_data.
 */
moec_status moec_session_set_input(moec_session *session, int64_t entry,
                                   const char *name, const void *data,
                                   int64_t bytes);
/** A label that is none of the model's classes is an error; nothing runs. */
moec_status moec_session_run(moec_session *session, int64_t entry);
/**
 * The same, `repetitions` times; `seconds` gets what each run took on the
 * device.
 */
moec_status moec_session_run_timed(moec_session *session, int64_t entry,
                                   int64_t repetitions, double *seconds);
/**
 * With `profile`: launches and seconds of the module's kernel of that index,
 * summed over all runs since the last call for it.
 */
moec_status moec_session_take_kernel_cost(moec_session *session, int64_t kernel,
                                          int64_t *launches, double *seconds);
/** Copies the output out; `bytes` must be its size. */
moec_status moec_session_get_output(moec_session *session, int64_t entry,
                                    const char *name, void *data,
                                    int64_t bytes);
/**
 * Where an input or output lies, to fill or read it without a copy of one's
 * own; until the next run, as with moec_session_variable_data.
 */
moec_status moec_session_input_data(moec_session *session, int64_t entry,
                                    int64_t index, void **data);
moec_status moec_session_output_data(moec_session *session, int64_t entry,
                                     int64_t index, const void **data);

#ifdef __cplusplus
}
#endif

#endif /* MOEC_RUNTIME_RUNTIME_H */
