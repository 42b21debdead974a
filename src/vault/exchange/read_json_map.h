// Plain JSON documents as sources of records: an object of names and values, and what `exportVault` of Identity Vault
// gives, which is one.
#pragma once

#include "vault/exchange/exchanged_record.h"

namespace latchkey::vault {

// Strings become text; every other value becomes a JSON record of exactly the text it was written as. Fails:
// invalid_format (also for one of our own exports, decrypted: import the encrypted file), input_too_large.
Result<ExchangedRecords> read_json_map(std::string_view text);

}  // namespace latchkey::vault
