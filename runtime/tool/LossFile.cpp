//===- LossFile.cpp - The loss of every step, as a table ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/LossFile.h"
#include "runtime/core/Fail.h"
#include "runtime/data/File.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace moec::rt {

void LossFile::keepUntil(int64_t step) {
  std::error_code error;
  if (step == 0 || !std::filesystem::is_regular_file(path, error))
    return;
  MappedFile file(path, "losses");
  std::string_view rest = file.bytes();
  for (int64_t number = 1; !rest.empty(); ++number) {
    size_t length = std::min(rest.find('\n'), rest.size() - 1) + 1;
    std::string_view line = rest.substr(0, length);
    rest.remove_prefix(length);
    int64_t at = 0;
    auto [end, code] =
        std::from_chars(line.data(), line.data() + line.size(), at);
    if (code != std::errc() || end == line.data() + line.size() ||
        *end != ',' || line.back() != '\n')
      fail("--losses {}: line {} is no \"step,loss\", so this is not the file "
           "of the run that is resumed; name another one",
           path, number);
    if (at <= step)
      text += line;
  }
}

void LossFile::add(int64_t step, float loss) {
  // 9 digits name a float exactly.
  text += fmt::format("{},{:.9g}\n", step, loss);
}

void LossFile::write() const { writeFileAtomic(path, {text}); }

} // namespace moec::rt
