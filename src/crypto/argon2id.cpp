#include "crypto/argon2id.h"

#include <sodium.h>

#include <charconv>

#include "crypto/random.h"
#include "crypto/sodium_ready.h"

namespace latchkey::crypto {
namespace {

constexpr std::size_t hash_size = 32;
constexpr std::size_t min_imported_salt = 8;
constexpr std::size_t max_imported_salt = 48;
constexpr std::size_t min_hash = 16;
constexpr std::size_t max_hash = 64;
constexpr std::size_t max_text_size = 256;  // more than any hash within the limits needs

bool is_cost_offered(Argon2Cost cost, std::uint32_t lanes) {
  return cost.memory_kib >= 8 * lanes && cost.memory_kib <= argon2_max_memory_kib && cost.passes >= 1 &&
         cost.passes <= argon2_max_passes;
}

bool is_work_bearable(const HashWork& work) {
  return work.cost.memory_kib <= password_hash_max_memory_kib && kib_of(work) <= password_hash_max_work_kib;
}
static_assert(argon2_server_cost.memory_kib <= password_hash_max_memory_kib &&
              argon2_server_cost.memory_kib * argon2_server_cost.passes <= password_hash_max_work_kib);

bool is_offered(const PasswordHash& hash) {
  return hash.lanes >= 1 && hash.lanes <= argon2_max_lanes && is_cost_offered(hash.cost, hash.lanes) &&
         hash.salt.size() >= min_imported_salt && hash.salt.size() <= max_imported_salt &&
         hash.hash.size() >= min_hash && hash.hash.size() <= max_hash;
}

// libsodium takes no null pointer, not even for nothing.
const char* characters_of(ByteView bytes) { return bytes.empty() ? "" : reinterpret_cast<const char*>(bytes.data()); }

constexpr int base64_variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;

std::string to_base64(ByteView bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), base64_variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), base64_variant);
  text.pop_back();  // its terminating zero
  return text;
}

// Reads one PHC text from the front.
class Reader final {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool read_number(std::uint32_t& number) {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error != std::errc{}) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return true;
  }

  bool read_base64(Bytes& bytes) {
    const std::string_view text = rest_.substr(0, rest_.find('$'));
    if (text.empty()) return false;
    std::size_t size = 0;
    bytes.resize(text.size());
    if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, nullptr,
                          base64_variant) != 0)
      return false;
    bytes.resize(size);
    rest_.remove_prefix(text.size());
    return true;
  }

  bool is_at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

Status argon2id_into(ByteView password, ByteView salt, Argon2Cost cost, MutableBytes out) {
  make_sodium_ready();
  if (password.size() > max_password_size) return fail(Code::input_too_large, "password");
  if (salt.size() != argon2_salt_size || out.size() < min_hash || out.size() > max_hash || !is_cost_offered(cost, 1))
    return fail(Code::invalid_argument, "Argon2id salt, size or cost");
  if (crypto_pwhash(out.data(), out.size(), characters_of(password), password.size(), salt.data(), cost.passes,
                    std::size_t{cost.memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(Code::busy, "no memory for Argon2id");
  return {};
}

Result<PasswordHash> PasswordHash::parse(std::string_view text) {
  const auto refused = fail(Code::invalid_format, "not an Argon2id hash");
  if (text.size() > max_text_size) return refused;
  make_sodium_ready();
  PasswordHash hash{};
  Reader reader(text);
  const bool read = reader.skip("$argon2id$v=19$m=") && reader.read_number(hash.cost.memory_kib) &&
                    reader.skip(",t=") && reader.read_number(hash.cost.passes) && reader.skip(",p=") &&
                    reader.read_number(hash.lanes) && reader.skip("$") && reader.read_base64(hash.salt) &&
                    reader.skip("$") && reader.read_base64(hash.hash) && reader.is_at_end();
  if (!read || !is_offered(hash) || hash.print() != text) return refused;  // one text per hash
  if (!is_work_bearable(work_of(hash)))
    return fail(Code::unsupported, "the hash costs more than 64 MiB, or than 256 MiB times passes");
  return hash;
}

std::string PasswordHash::print() const {
  return "$argon2id$v=19$m=" + std::to_string(cost.memory_kib) + ",t=" + std::to_string(cost.passes) +
         ",p=" + std::to_string(lanes) + "$" + to_base64(salt) + "$" + to_base64(hash);
}

Result<PasswordHash> hash_password(ByteView password, Argon2Cost cost) {
  PasswordHash hash{cost, 1, Bytes(argon2_salt_size), Bytes(hash_size)};
  fill_random(hash.salt);
  TRY_DO(argon2id_into(password, hash.salt, cost, hash.hash));
  return hash;
}

Result<bool> verify_password(ByteView password, const PasswordHash& stored) {
  make_sodium_ready();
  if (password.size() > max_password_size) return fail(Code::input_too_large, "password");
  if (!is_offered(stored) || !is_work_bearable(work_of(stored)))
    return fail(Code::invalid_argument, "Argon2id hash out of limits");
  errno = 0;
  const std::string text = stored.print();
  const bool matches = crypto_pwhash_argon2id_str_verify(text.c_str(), characters_of(password), password.size()) == 0;
  if (!matches && errno == ENOMEM) return fail(Code::busy, "no memory for Argon2id");
  return matches;
}

Status spend_work(ByteView password, const HashWork& work) {
  PasswordHash nobodys{work.cost, work.lanes, Bytes(argon2_salt_size), Bytes(hash_size)};
  fill_random(nobodys.salt);
  fill_random(nobodys.hash);
  TRY_DO(verify_password(password, nobodys));
  return {};
}

bool needs_rehash(const PasswordHash& stored, Argon2Cost cost) {
  return stored.cost != cost || stored.lanes != 1 || stored.salt.size() != argon2_salt_size ||
         stored.hash.size() != hash_size;
}

}  // namespace latchkey::crypto
