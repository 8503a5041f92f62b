//===- TarTestSupport.h - Tar archives for tests -------------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_RUNTIME_DATA_TARTESTSUPPORT_H
#define MOEC_TEST_RUNTIME_DATA_TARTESTSUPPORT_H

#include "test/runtime/TestSupport.h"

#include <cstdio>

namespace moec::rt::test {

/// A member of an archive: its header and bytes, filled up.
inline std::string tarMember(const std::string &name, const std::string &bytes,
                             char kind = '0') {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  char digits[13];
  std::snprintf(digits, sizeof(digits), "%011o", unsigned(bytes.size()));
  header.replace(100, 8, std::string("0000644\0", 8));
  header.replace(124, 11, digits);
  header[156] = kind;
  header.replace(257, 8,
                 std::string("ustar\0"
                             "00",
                             8));
  header.replace(148, 8, "        ");
  unsigned sum = 0;
  for (char c : header)
    sum += uint8_t(c);
  std::snprintf(digits, sizeof(digits), "%06o", sum);
  header.replace(148, 7, std::string(digits, 7));
  std::string padding((512 - bytes.size() % 512) % 512, '\0');
  return header + bytes + padding;
}

/// What ends an archive.
inline std::string tarEnd() { return std::string(1024, '\0'); }

} // namespace moec::rt::test

#endif // MOEC_TEST_RUNTIME_DATA_TARTESTSUPPORT_H
