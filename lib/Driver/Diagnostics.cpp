//===- Diagnostics.cpp - What passes say, on the terminal -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Remarks.h"
#include "runtime/core/Text.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Regex.h"
#include <mutex>
#include <set>

using namespace mlir;
using namespace moec;

void moec::driver::printMessage(StringRef severity, const Twine &text) {
  llvm::errs() << "moec: " << severity << ": "
               << escapeControls(text.str(), /*lines=*/true) << '\n';
}

void moec::driver::printDiagnostic(Diagnostic &diagnostic, raw_ostream &os) {
  std::string place, node;
  diagnostic.getLocation()->walk([&](Location loc) {
    if (auto name = dyn_cast<NameLoc>(loc); name && node.empty())
      node = "node '" + name.getName().str() + "': ";
    auto file = dyn_cast<FileLineColLoc>(loc);
    if (!file)
      return WalkResult::advance();
    place = (file.getFilename().getValue() + ":" + Twine(file.getLine()) + ":" +
             Twine(file.getColumn()) + ": ")
                .str();
    return WalkResult::interrupt();
  });
  std::string text;
  switch (diagnostic.getSeverity()) {
  case DiagnosticSeverity::Error:
    text = (place.empty() ? "moec: " : place) + "error: ";
    break;
  case DiagnosticSeverity::Warning:
    text = (place.empty() ? "moec: " : place) + "warning: ";
    break;
  case DiagnosticSeverity::Note:
    text = "  note: ";
    break;
  case DiagnosticSeverity::Remark:
    text = place + "remark: ";
    break;
  }
  text += node + diagnostic.str() + '\n';
  os << escapeControls(text, /*lines=*/true);
  for (Diagnostic &note : diagnostic.getNotes())
    printDiagnostic(note, os);
}

struct moec::driver::RemarkCount {
  std::string pattern;
  std::mutex mutex; // functions are compiled in threads
  std::set<std::string> categories;
  bool matched = false;
};

namespace {
/// Passes on what matches, and counts.
class CountingPolicy : public remark::detail::RemarkEmittingPolicyBase {
public:
  explicit CountingPolicy(std::shared_ptr<driver::RemarkCount> count)
      : count(std::move(count)), wanted(this->count->pattern) {}

  void reportRemark(const remark::detail::Remark &remark) override {
    bool matches = wanted.match(remark.getCombinedCategoryName());
    {
      std::lock_guard<std::mutex> lock(count->mutex);
      count->categories.insert(remark.getCombinedCategoryName().str());
      count->matched |= matches;
    }
    if (matches)
      reportImpl(remark);
  }
  void finalize() override {}

private:
  std::shared_ptr<driver::RemarkCount> count;
  llvm::Regex wanted;
};
} // namespace

llvm::Expected<std::shared_ptr<driver::RemarkCount>>
moec::driver::enableRemarks(MLIRContext &context, StringRef pattern) {
  std::string why;
  if (!llvm::Regex(pattern).isValid(why))
    return llvm::createStringError("--remarks '" + pattern +
                                   "' is no regular expression: " + why);
  auto count = std::make_shared<RemarkCount>();
  count->pattern = pattern.str();
  std::string all = ".*";
  remark::RemarkCategories categories{all, all, all, all, all};
  if (failed(remark::enableOptimizationRemarks(
          context, /*remarkStreamer=*/nullptr,
          std::make_unique<CountingPolicy>(count), categories,
          /*printAsEmitRemarks=*/true)))
    return llvm::createStringError("--remarks: they cannot be enabled");
  return count;
}

void moec::driver::warnWithoutRemarks(const RemarkCount &count) {
  if (count.matched)
    return;
  std::string others =
      count.categories.empty()
          ? std::string("there are no remarks at all")
          : "there are remarks of " + llvm::join(count.categories, ", ");
  printMessage("warning", "--remarks '" + Twine(count.pattern) +
                              "' matches no remark of this compilation; " +
                              others);
}
