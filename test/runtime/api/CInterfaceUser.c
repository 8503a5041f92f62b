//===- CInterfaceUser.c - The C interface, used from C --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Built as strict C: the header must not need C++.
//
//===----------------------------------------------------------------------===//

#include "moec/Runtime/Runtime.h"

int moec_test_run_from_c(const char *path, const unsigned char *image,
                         float *logits);

/* Loads the toy module, sets parameters, runs infer of batch 5. Returns how far
   it came: 0 is all the way. */
int moec_test_run_from_c(const char *path, const unsigned char *image,
                         float *logits) {
  moec_module *module = NULL;
  moec_session *session = NULL;
  moec_session_options options = {2, 0, "cpu", 0, 0};
  void *data = NULL;
  float *weight;
  int64_t entry, i;
  int failed = 1;
  if (moec_module_load(path, &module) != MOEC_OK)
    return failed;
  entry = moec_module_find_entry(module, "infer", 5);
  failed = 2;
  if (moec_session_create(module, &options, &session) == MOEC_OK) {
    /* The session must outlive the handle it came from. */
    moec_module_free(module);
    module = NULL;
    failed = 3;
    if (moec_session_variable_data(session, 0, &data) == MOEC_OK) {
      weight = (float *)data;
      for (i = 0; i < 48; ++i)
        weight[i] = (float)(i % 3);
      failed = 4;
      if (moec_session_set_input(session, entry, "image", image, 80) ==
              MOEC_OK &&
          moec_session_run(session, entry) == MOEC_OK &&
          moec_session_get_output(session, entry, "logits", logits, 60) ==
              MOEC_OK)
        failed = 0;
    }
  }
  moec_session_free(session);
  moec_module_free(module);
  return failed;
}
