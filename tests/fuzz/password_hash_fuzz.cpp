// Links: base crypto
// Stored password hashes (PHC strings): one text per hash, never beyond the limits.
#include "crypto/argon2id.h"
#include "tests/fuzz/property.h"

using latchkey::fuzz::holds;
namespace crypto = latchkey::crypto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  const auto hash = crypto::PasswordHash::parse(text);
  if (!hash) return 0;
  holds(hash->print() == text, "canonical");
  holds(hash->cost.memory_kib <= crypto::password_hash_max_memory_kib &&
            kib_of(work_of(*hash)) <= crypto::password_hash_max_work_kib && hash->lanes <= crypto::argon2_max_lanes,
        "within the limits");
  return 0;
}
