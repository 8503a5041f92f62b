//===- Tar.h - Files in a tar archive ------------------------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_TAR_H
#define MOEC_RUNTIME_DATA_TAR_H

#include <map>
#include <string>
#include <vector>

namespace moec::rt {

/// The contents of those files of a tar archive, plain or compressed by gzip,
/// whose names without folders are `names`. What is not there is not in the
/// result; all other members are passed over, by whatever name. Throws Error
/// for what is no tar archive, is damaged or ends too early.
std::map<std::string, std::string>
readTarFiles(const std::string &path, const std::vector<std::string> &names);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_TAR_H
