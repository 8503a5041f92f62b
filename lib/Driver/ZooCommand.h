//===- ZooCommand.h - moec zoo ---------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_ZOOCOMMAND_H
#define MOEC_LIB_DRIVER_ZOOCOMMAND_H

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace moec::driver {

/// Adds the command `zoo`, which leaves what it does in `action`.
void addZoo(CLI::App &parent, std::function<int()> &action);

/// The model that the command `zoo` was given, on which its help depends; ""
/// for no model of the zoo, and for other commands.
std::string zooModel(const CLI::App &command);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_ZOOCOMMAND_H
