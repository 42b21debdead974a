#include "identity/accounts/password_peppers.h"

#include <charconv>

#include "crypto/random.h"

namespace latchkey::identity {
namespace {

constexpr std::string_view row_prefix = "password-pepper/";
constexpr std::string_view stored_prefix = "pepper=";

std::string name_of_key(std::uint32_t id) { return std::string(row_prefix) + std::to_string(id); }

Result<std::uint32_t> parse_id(std::string_view digits) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (error != std::errc() || end != digits.data() + digits.size() || id == 0 || std::to_string(id) != digits)
    return fail(Code::storage_corrupted, "number of a password pepper");
  return id;
}

Status insert_key(sql::Transaction& tx, const KeyEncryption& encryption, std::uint32_t id) {
  const auto key = crypto::random_secret<struct PasswordPepperTag>(32);
  TRY(const Bytes sealed, encryption.seal(name_of_key(id), key.reveal()));
  TRY_DO(tx.execute("INSERT INTO sign_in_secrets (name, sealed) VALUES ($1, $2)", name_of_key(id), sealed));
  return {};
}

Result<std::map<std::uint32_t, Bytes>> load_sealed(sql::Transaction& tx) {
  TRY(const sql::Rows rows,
      tx.query("SELECT name, sealed FROM sign_in_secrets WHERE name LIKE $1", std::string(row_prefix) + "%"));
  std::map<std::uint32_t, Bytes> keys;
  for (const sql::Row row : rows) {
    TRY(const auto name, row.get<std::string>(0));
    TRY(const std::uint32_t id, parse_id(std::string_view(name).substr(row_prefix.size())));
    TRY(keys[id], row.get<Bytes>(1));
  }
  return keys;
}

PasswordPeppers::Peppered mix(const crypto::HmacKey& key, const Password& password) {
  crypto::HmacTag tag = key.sign(password.reveal());
  auto mixed = PasswordPeppers::Peppered::copy_of(ByteView(tag));
  secure_wipe(tag);
  return mixed;
}

}  // namespace

Result<PasswordPeppers> PasswordPeppers::open(sql::Database& db, const KeyEncryption& encryption) {
  auto work = [&](sql::Transaction& tx) -> Result<std::map<std::uint32_t, Bytes>> {
    TRY(auto keys, load_sealed(tx));
    if (!keys.empty()) return keys;
    TRY_DO(insert_key(tx, encryption, 1));
    return load_sealed(tx);
  };
  TRY(const auto sealed, db.write(work).get());
  PasswordPeppers peppers;
  for (const auto& [id, bytes] : sealed) {
    TRY(const WipedBytes key, encryption.unseal(name_of_key(id), bytes));
    peppers.keys_.emplace(id, crypto::HmacKey(ByteView(key)));
  }
  return peppers;
}

Status PasswordPeppers::add_key(sql::Database& db, const KeyEncryption& encryption) {
  auto work = [&](sql::Transaction& tx) -> Status {
    TRY(const auto keys, load_sealed(tx));
    return insert_key(tx, encryption, keys.empty() ? 1 : keys.rbegin()->first + 1);
  };
  return db.write(work).get();
}

PasswordPeppers::Peppered PasswordPeppers::apply(const Password& password) const {
  return mix(keys_.rbegin()->second, password);
}

std::string PasswordPeppers::print(std::string_view phc) const {
  return std::string(stored_prefix) + std::to_string(keys_.rbegin()->first) + std::string(phc);
}

std::string_view PasswordPeppers::phc_of(std::string_view text) {
  return text.substr(text.starts_with(stored_prefix) ? std::min(text.find('$'), text.size()) : 0);
}

Result<PasswordPeppers::Stored> PasswordPeppers::read(std::string_view text, const Password& password) const {
  if (!text.starts_with(stored_prefix)) return Stored{text, Peppered::copy_of(password.reveal()), true};
  text.remove_prefix(stored_prefix.size());
  const std::size_t end = std::min(text.find('$'), text.size());
  TRY(const std::uint32_t id, parse_id(text.substr(0, end)));
  const auto key = keys_.find(id);
  if (key == keys_.end()) return fail(Code::storage_corrupted, "a password pepper is missing");
  return Stored{text.substr(end), mix(key->second, password), id != keys_.rbegin()->first};
}

}  // namespace latchkey::identity
