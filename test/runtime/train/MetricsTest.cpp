//===- MetricsTest.cpp - Tests of means of what entries report ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Metrics.h"
#include "test/runtime/TestSupport.h"

#include <gtest/gtest.h>

using namespace moec::rt;
using namespace moec::rt::test;

TEST(Metrics, MeansOverRuns) {
  Session session(loadTestModule("toy"));
  session.initVariables(1);
  int64_t index = session.module().requireEntry("train_step");
  MeanMetrics metrics(session.manifest().entries[size_t(index)]);
  EXPECT_TRUE(metrics.scalars().empty());
  double sum = 0;
  int64_t loss = session.manifest().entries[size_t(index)].findOutput("loss");
  for (int run = 0; run < 3; ++run) {
    session.run(index);
    metrics.add(session, index);
    sum += session.scalarOutput(index, loss);
  }
  EXPECT_EQ(metrics.runs(), 3);
  auto scalars = metrics.scalars();
  ASSERT_EQ(scalars.size(), 2u);
  EXPECT_EQ(scalars[0].first, "loss");
  EXPECT_DOUBLE_EQ(scalars[0].second, sum / 3);
  EXPECT_TRUE(metrics.routing().empty());
  metrics.clear();
  EXPECT_EQ(metrics.runs(), 0);
}

TEST(Metrics, TableOfRouters) {
  EXPECT_TRUE(routingTable({}).empty());
  RoutingLayer layer;
  layer.node = "stack.moe";
  layer.number = 3;
  layer.values = {12, 196.5, 510, 0.8125, 0.042, 0.021, 1.9375};
  std::vector<std::string> lines = routingTable({layer, layer});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1], lines[2]);
  EXPECT_EQ(lines[0].size(), lines[1].size());
  for (const char *part : {"stack.moe 3 ", " 12.0 ", " 196.5 ", " 510.0 ",
                           " 0.812 ", " 4.20 % ", " 2.10 % ", " 1.938"})
    EXPECT_NE(lines[1].find(part), std::string::npos) << part << lines[1];
}
