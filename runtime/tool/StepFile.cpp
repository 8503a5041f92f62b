//===- StepFile.cpp - A text file that grows with a run -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/StepFile.h"
#include "runtime/core/Fail.h"
#include "runtime/data/File.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace moec::rt {

void StepFile::keepUntil(int64_t step) {
  std::error_code error;
  if (step == 0 || !std::filesystem::is_regular_file(path, error))
    return;
  MappedFile file(path, form.line);
  std::string_view rest = file.bytes();
  for (int64_t number = 1; !rest.empty(); ++number) {
    size_t length = std::min(rest.find('\n'), rest.size() - 1) + 1;
    std::string_view line = rest.substr(0, length);
    rest.remove_prefix(length);
    std::optional<int64_t> at;
    if (line.back() == '\n')
      at = form.stepOf(line.substr(0, length - 1));
    if (!at)
      fail("{} {}: line {} is no {}, so this is not the file of the run that "
           "is resumed; name another one",
           form.flag, path, number, form.line);
    if (*at <= step)
      text += line;
  }
}

void StepFile::write() const { writeFileAtomic(path, {text}); }

StepFile::Form lossForm() {
  return {"--losses", "\"step,loss\"",
          [](std::string_view line) -> std::optional<int64_t> {
            int64_t step = 0;
            const char *last = line.data() + line.size();
            auto [end, code] = std::from_chars(line.data(), last, step);
            if (code != std::errc() || end == last || *end != ',')
              return std::nullopt;
            return step;
          }};
}

std::string lossLine(int64_t step, float loss) {
  // 9 digits name a float exactly.
  return fmt::format("{},{:.9g}", step, loss);
}

} // namespace moec::rt
