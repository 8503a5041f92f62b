//===- TestSupport.h - What the runtime's tests share -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_RUNTIME_TESTSUPPORT_H
#define MOEC_TEST_RUNTIME_TESTSUPPORT_H

#include "runtime/core/Error.h"
#include "runtime/core/Module.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace moec::rt::test {

/// A module of test/runtime/Inputs.
inline std::shared_ptr<const Module> loadTestModule(const std::string &name) {
  return Module::load(std::string(MOEC_TEST_MODULES) + "/" + name + ".moec");
}

/// A folder that lives as long as the test.
class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "moec-test-XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string &name) const {
    return path + "/" + name;
  }
  std::string path;
};

inline std::string readAll(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

inline void writeAll(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// The text of the Error that `body` throws; "no error" when it throws none.
template <typename Body> std::string errorOf(Body &&body) {
  try {
    body();
  } catch (const Error &e) {
    return e.what();
  }
  return "no error";
}

/// Expects that `body` throws an Error with `part` in its text.
#define EXPECT_ERROR(body, part)                                               \
  do {                                                                         \
    std::string errorText = ::moec::rt::test::errorOf([&] { body; });          \
    EXPECT_NE(errorText.find(part), std::string::npos)                         \
        << "expected: " << (part) << "\n     got: " << errorText;              \
  } while (false)

} // namespace moec::rt::test

#endif // MOEC_TEST_RUNTIME_TESTSUPPORT_H
