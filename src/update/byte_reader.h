// Reads the layouts of device-v1: damage is storage_corrupted.
#pragma once

#include "base/byte_reader.h"

namespace latchkey::update {

using ByteReader = BasicByteReader<Code::storage_corrupted>;

}  // namespace latchkey::update
