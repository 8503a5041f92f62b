//===- gpu-toy.h - Kernels for a GPU and for the host -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// KERNELn(name, type, parameter, ...) { body } becomes a PTX kernel, or a
// function void name(void *const *parameters) of the host for one thread of
// one block. Parameters are pointers to the arguments, as cuLaunchKernel takes
// them.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_RUNTIME_GPUTOY_H
#define MOEC_TEST_RUNTIME_GPUTOY_H

#if defined(__NVPTX__)

#define BLOCK ((int)__nvvm_read_ptx_sreg_ctaid_x())
#define THREAD ((int)__nvvm_read_ptx_sreg_tid_x())
#define KERNEL1(name, A, a) __attribute__((device_kernel)) void name(A a)
#define KERNEL3(name, A, a, B, b, C, c)                                        \
  __attribute__((device_kernel)) void name(A a, B b, C c)
#define KERNEL4(name, A, a, B, b, C, c, D, d)                                  \
  __attribute__((device_kernel)) void name(A a, B b, C c, D d)
#define KERNEL5(name, A, a, B, b, C, c, D, d, E, e)                            \
  __attribute__((device_kernel)) void name(A a, B b, C c, D d, E e)
#define KERNEL6(name, A, a, B, b, C, c, D, d, E, e, F, f)                      \
  __attribute__((device_kernel)) void name(A a, B b, C c, D d, E e, F f)

#else

extern int toy_block, toy_thread;
#define BLOCK toy_block
#define THREAD toy_thread
#define ARG(T, i) (*(T *)p[i])
#define KERNEL1(name, A, a)                                                    \
  static void name##_body(A a);                                                \
  void name(void *const *p) { name##_body(ARG(A, 0)); }                        \
  static void name##_body(A a)
#define KERNEL3(name, A, a, B, b, C, c)                                        \
  static void name##_body(A a, B b, C c);                                      \
  void name(void *const *p) { name##_body(ARG(A, 0), ARG(B, 1), ARG(C, 2)); }  \
  static void name##_body(A a, B b, C c)
#define KERNEL4(name, A, a, B, b, C, c, D, d)                                  \
  static void name##_body(A a, B b, C c, D d);                                 \
  void name(void *const *p) {                                                  \
    name##_body(ARG(A, 0), ARG(B, 1), ARG(C, 2), ARG(D, 3));                   \
  }                                                                            \
  static void name##_body(A a, B b, C c, D d)
#define KERNEL5(name, A, a, B, b, C, c, D, d, E, e)                            \
  static void name##_body(A a, B b, C c, D d, E e);                            \
  void name(void *const *p) {                                                  \
    name##_body(ARG(A, 0), ARG(B, 1), ARG(C, 2), ARG(D, 3), ARG(E, 4));        \
  }                                                                            \
  static void name##_body(A a, B b, C c, D d, E e)
#define KERNEL6(name, A, a, B, b, C, c, D, d, E, e, F, f)                      \
  static void name##_body(A a, B b, C c, D d, E e, F f);                       \
  void name(void *const *p) {                                                  \
    name##_body(ARG(A, 0), ARG(B, 1), ARG(C, 2), ARG(D, 3), ARG(E, 4),         \
                ARG(F, 5));                                                    \
  }                                                                            \
  static void name##_body(A a, B b, C c, D d, E e, F f)

#endif

#endif // MOEC_TEST_RUNTIME_GPUTOY_H
