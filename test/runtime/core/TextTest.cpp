//===- TextTest.cpp - Tests of texts for people ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Text.h"

#include <gtest/gtest.h>

using namespace moec;

TEST(Text, EscapesWhatSteersATerminal) {
  EXPECT_EQ(escapeControls("plain ü 漢 🙂"), "plain ü 漢 🙂");
  EXPECT_EQ(escapeControls("\x1b[2J\a\x7f"), "\\x1b[2J\\x07\\u007f");
  EXPECT_EQ(escapeControls("a\tb\nc\r"), "a\\tb\\nc\\x0d");
  EXPECT_EQ(escapeControls("a\tb\nc\r", /*lines=*/true), "a\tb\nc\\x0d");
  EXPECT_EQ(escapeControls("\xc2\x9b"
                           "2J"),
            "\\u009b2J");
  EXPECT_EQ(escapeControls("\xe2\x80\xae"), "\\u202e");
  EXPECT_EQ(escapeControls(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Text, EscapesWhatIsNoUtf8) {
  // A byte of C1, an overlong form, a cut sequence, bytes that never occur.
  EXPECT_EQ(escapeControls("\x9b"
                           "2J"),
            "\\x9b2J");
  EXPECT_EQ(escapeControls("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(escapeControls("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");
  EXPECT_EQ(escapeControls("x\xe2\x80"), "x\\xe2\\x80");
  EXPECT_EQ(escapeControls("\xfe\xff"), "\\xfe\\xff");
}

TEST(Text, NearestName) {
  std::vector<std::string> names = {"train", "eval", "inspect"};
  EXPECT_EQ(nearestName("trian", names), "train");
  EXPECT_EQ(nearestName("TRAIN", names), "train");
  EXPECT_EQ(nearestName("inspct", names), "inspect");
  EXPECT_EQ(nearestName("zzzzz", names), "");
  EXPECT_EQ(nearestName("x", names), "");
  EXPECT_EQ(editDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(editDistance("", "abc"), 3u);
}

TEST(Text, NamesThatAnotherMayMean) {
  std::vector<std::string> names = {"gelu_tanh",    "gelu_erf", "silu",
                                    "tanh",         "relu",     "layers",
                                    "expert-layers"};
  EXPECT_EQ(didYouMean("gelu", names), "did you mean 'gelu_tanh' or "
                                       "'gelu_erf'?");
  EXPECT_EQ(didYouMean("GELU", names, ""),
            "did you mean gelu_tanh or gelu_erf?");
  EXPECT_EQ(didYouMean("erf", names), "did you mean 'gelu_erf'?");
  EXPECT_EQ(didYouMean("gelutanh", names), "did you mean 'gelu_tanh'?");
  EXPECT_EQ(didYouMean("rleu", names), "did you mean 'relu'?");
  // A missing last letter, what is too short, and what says too little.
  EXPECT_EQ(didYouMean("layer", names), "did you mean 'layers'?");
  EXPECT_EQ(didYouMean("ge", names), "");
  EXPECT_EQ(didYouMean("zzzzzz", names), "");
  std::vector<std::string> many = {"fc.aa", "fc.bb", "fc.cc", "fc.dd"};
  EXPECT_EQ(namesMeant("FC.", many), many);
  many.push_back("fc.ee");
  EXPECT_EQ(namesMeant("FC.", many).size(), 1u);
  EXPECT_EQ(didYouMean("abc", std::vector<std::string>{"abc_1", "2-abc", "dabc",
                                                       "abc.3"}),
            "did you mean 'abc_1', '2-abc' or 'abc.3'?");
}

TEST(Text, Patterns) {
  EXPECT_TRUE(fitsPattern("decoder*", "decoder.bias"));
  EXPECT_TRUE(fitsPattern("*", ""));
  EXPECT_TRUE(fitsPattern("a*c*", "abcd"));
  EXPECT_FALSE(fitsPattern("decoder", "decoder.bias"));
  EXPECT_FALSE(fitsPattern("a*c", "abcd"));
  EXPECT_TRUE(fitsPattern("l#.w", "l12.w", {"#"}));
  EXPECT_FALSE(fitsPattern("l#.w", "l.w", {"#"}));
}
