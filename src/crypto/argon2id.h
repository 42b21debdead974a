// Argon2id (RFC 9106, version 0x13, one lane): costs, the blocking derivation of a key from a passcode, and hashes as
// PHC strings. The memory is mapped for one computation and given back to the kernel after it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace latchkey::crypto {

struct Argon2Cost {
  std::uint32_t memory_kib;
  std::uint32_t passes;
  friend bool operator==(const Argon2Cost&, const Argon2Cost&) = default;
};

inline constexpr Argon2Cost argon2_server_cost{19 * 1024, 2};  // OWASP floor; about 17 ms of one core
inline constexpr Argon2Cost argon2_vault_cost{64 * 1024, 3};   // RFC 9106 section 4, second choice; about 115 ms
inline constexpr Argon2Cost argon2_min_cost{8, 1};             // for tests only

// What a key store's file may ask of the device that opens it: an altered one must not exhaust the machine.
inline constexpr std::uint32_t argon2_max_memory_kib = 1024 * 1024;
inline constexpr std::uint32_t argon2_max_passes = 16;
// What a stored password hash may ask of a server, which does it for everybody who knocks. What others make by default
// fits: 64 MiB with 3 passes (RFC 9106) or 4 (PHP), seven times the work of ours.
inline constexpr std::uint32_t password_hash_max_memory_kib = 64 * 1024;
inline constexpr std::uint32_t password_hash_max_work_kib = 256 * 1024;  // memory times passes: some 115 ms of one core
inline constexpr std::uint32_t argon2_max_lanes = 8;                     // one after another here: no more work
inline constexpr std::size_t argon2_salt_size = 16;
inline constexpr std::size_t max_password_size = 1024;  // bytes; a sentence fits, a flood does not

// Fills `out` (16 to 64 bytes). Blocks for the whole cost. Fails: invalid_argument (salt not 16 bytes, cost or sizes
// out of bounds), input_too_large (password), busy (the memory is not there).
Status argon2id_into(ByteView password, ByteView salt, Argon2Cost cost, MutableBytes out);

// A key of 32 bytes from a passcode.
template <class Tag, class Password>
Result<Secret<Tag>> argon2id(const Secret<Password>& password, ByteView salt, Argon2Cost cost) {
  auto key = Secret<Tag>::zeroed(32);
  TRY_DO(argon2id_into(password.reveal(), salt, cost, key.reveal_to_write()));
  return key;
}

// A stored password hash, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash` (PHC string format, base64 without padding).
// Hashes imported from elsewhere may have up to eight lanes and salts of 8 to 48 bytes; ours have one and 16.
struct PasswordHash {
  Argon2Cost cost;
  std::uint32_t lanes;
  Bytes salt;
  Bytes hash;

  // Strict: one text per hash, every limit of a password hash above. Fails: invalid_format; unsupported (it costs too
  // much).
  static Result<PasswordHash> parse(std::string_view text);
  std::string print() const;
};

// Blocking; PasswordHasher runs these on threads of its own. Fails as argon2id_into.
Result<PasswordHash> hash_password(ByteView password, Argon2Cost cost);
// True when it is the password; constant time in the hash.
Result<bool> verify_password(ByteView password, const PasswordHash& stored);

// What checking a stored hash costs.
struct HashWork {
  Argon2Cost cost;
  std::uint32_t lanes = 1;
  friend bool operator==(const HashWork&, const HashWork&) = default;
};
inline HashWork work_of(const PasswordHash& stored) { return {stored.cost, stored.lanes}; }
// Memory times passes, which is what it takes. Of a hash within limits at most password_hash_max_work_kib.
inline std::uint64_t kib_of(const HashWork& work) { return std::uint64_t{work.cost.memory_kib} * work.cost.passes; }
// Does what verify_password() does with a hash of this work, for nothing. Blocking. Fails as verify_password.
Status spend_work(ByteView password, const HashWork& work);

// True when `stored` was made with another cost, lane count or size than hash_password(cost) makes: hash again at the
// next sign-in.
bool needs_rehash(const PasswordHash& stored, Argon2Cost cost);

}  // namespace latchkey::crypto
