//===- TestSupport.h - What the runtime's tests share -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_RUNTIME_TESTSUPPORT_H
#define MOEC_TEST_RUNTIME_TESTSUPPORT_H

#include "runtime/core/Error.h"
#include "runtime/core/ModuleSeal.h"
#include "runtime/core/Session.h"
#include "runtime/core/Version.h"

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

/// All numbers of the parameters of a test module, 64 in the toys: weight [16,
/// 3] at 0 and bias [3] at 48.
inline float *params(Session &session) { return session.variable(0); }
inline const float *readParams(Session &session) {
  return session.readVariable(0);
}
/// The same of what the optimizer of the toys remembers.
inline const float *readMoments(Session &session) {
  return session.readVariable(2);
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

/// The ELF image of a test module, without its seal.
inline std::string imageOf(const std::string &name) {
  std::string bytes =
      readAll(std::string(MOEC_TEST_MODULES) + "/" + name + ".moec");
  return bytes.substr(0, bytes.size() - moec::sealBytes);
}

inline std::string sealed(const std::string &image,
                          uint32_t abi = MOEC_MODULE_ABI) {
  return image + moec::moduleSeal(image, abi);
}

/// A test module in whose manifest `from` is `to`, of the same length.
inline std::shared_ptr<const Module> changedModule(const std::string &name,
                                                   const std::string &from,
                                                   const std::string &to) {
  std::string image = imageOf(name);
  size_t start = image.find("{ \"format\""), count = 0;
  EXPECT_EQ(from.size(), to.size());
  for (size_t at = image.find(from, std::min(start, image.size()));
       at != std::string::npos; at = image.find(from, at + to.size()), ++count)
    image.replace(at, from.size(), to);
  EXPECT_GT(count, 0u) << from;
  TemporaryFolder folder;
  writeAll(folder / "m", sealed(image));
  return Module::load(folder / "m");
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
