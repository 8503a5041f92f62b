//===- gpu-module.c - A GPU module by hand --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The symbols that the compiler would write, over files beside this one:
// MANIFEST and PTX name them.
//
//===----------------------------------------------------------------------===//

// clang-format off
#define BYTES(symbol, file)                                                    \
  __asm__(".section .rodata\n"                                                 \
          ".globl " #symbol ", " #symbol "_size\n"                             \
          ".type " #symbol ", @object\n"                                       \
          ".type " #symbol "_size, @object\n"                                  \
          ".balign 16\n"                                                       \
          #symbol ": .incbin \"" file "\"\n"                                   \
          #symbol "_end: .byte 0\n"                                            \
          ".size " #symbol ", . - " #symbol "\n"                               \
          ".balign 8\n"                                                        \
          #symbol "_size: .quad " #symbol "_end - " #symbol "\n"               \
          ".size " #symbol "_size, 8\n"                                        \
          ".previous\n");
// clang-format on

BYTES(moec_manifest, MANIFEST)
BYTES(moec_ptx, PTX)
