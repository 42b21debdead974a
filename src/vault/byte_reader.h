// Reads the layouts of vault-v1: damage is vault_corrupted.
#pragma once

#include "base/byte_reader.h"

namespace latchkey::vault {

using ByteReader = BasicByteReader<Code::vault_corrupted>;

}  // namespace latchkey::vault
