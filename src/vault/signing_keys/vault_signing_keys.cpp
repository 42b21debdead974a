#include "vault/signing_keys/vault_signing_keys.h"

#include <algorithm>

#include "vault/byte_reader.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::size_t max_key_name_size = 64;
constexpr std::size_t head_size = 2 + crypto::sha256_size;
// A P-256 key in PKCS#8 has 138 bytes; more is no such key.
constexpr std::size_t max_pkcs8_size = 512;

constexpr crypto::SignatureAlgorithm es256 = crypto::SignatureAlgorithm::es256;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

Result<std::string> to_record_name(std::string_view name) {
  if (name.empty() || name.size() > max_key_name_size || !std::ranges::all_of(name, is_name_character))
    return fail(Code::invalid_argument, "name of a signing key");
  return std::string(signing_key_prefix) + std::string(name);
}

class VaultSigningKeys final : public SigningKeyStore {
 public:
  VaultSigningKeys(Vault& vault, VaultSigningKeyOptions options) : vault_(vault), options_(std::move(options)) {}

  KeyProtection protection() const override { return {SecurityLevel::software, false}; }

  Result<crypto::VerifyingKey> create(std::string_view name, Presence presence, const Prompt&) override {
    TRY(const std::string record_name, to_record_name(name));
    TRY(const std::uint64_t sequence, sequence_to_replace(record_name));
    TRY(const auto key, crypto::SigningKey::generate(es256));
    SigningKeyRecord record{presence.method(), presence.enrolment(), {}};
    TRY(record.key, key.to_pkcs8());
    std::vector<Change> changes;
    changes.push_back({record_name, print_signing_key_record(record), RecordKind::bytes, sequence});
    TRY_DO(vault_.apply(changes));
    return key.verifying_key();
  }

  Result<crypto::VerifyingKey> get_public_key(std::string_view name) override {
    TRY(const std::string record_name, to_record_name(name));
    TRY(const SigningKeyRecord record, read(record_name));
    TRY(const auto key, open(record));
    return key.verifying_key();
  }

  Result<crypto::Signature> sign(std::string_view name, Presence presence, ByteView message, const Prompt&) override {
    TRY(const std::string record_name, to_record_name(name));
    TRY(const SigningKeyRecord record, read(record_name));
    TRY(const auto key, open(record));
    if (presence.method() != record.method) return fail(Code::invalid_argument, "the key is for another presence");
    if (options_.invalidate_on_enrolment_change && presence.enrolment() != record.enrolment) {
      TRY_DO(invalidate(record_name, record));
      return fail(Code::key_invalidated);
    }
    return key.sign(message);
  }

  Status remove(std::string_view name) override {
    TRY(const std::string record_name, to_record_name(name));
    return vault_.remove(record_name);
  }

 private:
  // 0: there is none. Fails: already_exists (a key that still signs).
  Result<std::uint64_t> sequence_to_replace(const std::string& name) {
    TRY(const auto value, vault_.find(name));
    if (!value) return std::uint64_t{0};
    TRY(const SigningKeyRecord record, parse_signing_key_record(value->reveal()));
    if (!record.key.is_empty()) return fail(Code::already_exists, "signing key");
    TRY(const RecordInfo info, vault_.get_info(name));
    return info.sequence;
  }

  Result<SigningKeyRecord> read(const std::string& name) {
    TRY(const RecordValue value, vault_.get(name));
    return parse_signing_key_record(value.reveal());
  }

  static Result<crypto::SigningKey> open(const SigningKeyRecord& record) {
    if (record.key.is_empty()) return fail(Code::key_invalidated);
    auto key = crypto::SigningKey::from_pkcs8(es256, record.key);
    if (!key) return fail(Code::vault_corrupted, "signing key");
    return key;
  }

  // For good: taking the new finger away again does not bring the key back.
  Status invalidate(const std::string& name, const SigningKeyRecord& record) {
    std::vector<Change> changes;
    changes.push_back({name, print_signing_key_record({record.method, record.enrolment, {}})});
    for (const std::string& dropped : options_.drop_on_invalidation) {
      TRY(const auto value, vault_.find(dropped));
      if (value) changes.push_back({dropped, std::nullopt});
    }
    return vault_.apply(changes);
  }

  Vault& vault_;
  VaultSigningKeyOptions options_;
};

}  // namespace

RecordValue print_signing_key_record(const SigningKeyRecord& record) {
  auto value = RecordValue::zeroed(head_size + record.key.size());
  const MutableBytes out = value.reveal_to_write();
  out[0] = record_version;
  out[1] = static_cast<std::uint8_t>(record.method);
  std::ranges::copy(record.enrolment, out.begin() + 2);
  std::ranges::copy(record.key.reveal(), out.begin() + static_cast<std::ptrdiff_t>(head_size));
  return value;
}

Result<SigningKeyRecord> parse_signing_key_record(ByteView body) {
  ByteReader reader(body);
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version > record_version) return fail(Code::future_version, "signing key");
  TRY(const auto method, reader.take_integer<std::uint8_t>());
  if (version != record_version || method < 1 || method > static_cast<std::uint8_t>(PresenceMethod::scripted))
    return fail(Code::vault_corrupted, "signing key");
  SigningKeyRecord record{static_cast<PresenceMethod>(method), {}, {}};
  TRY(record.enrolment, reader.take_array<crypto::sha256_size>());
  const ByteView key = reader.take_rest();
  if (key.size() > max_pkcs8_size) return fail(Code::vault_corrupted, "signing key");
  if (!key.empty()) record.key = crypto::PrivateKeyDer::copy_of(key);
  return record;
}

std::unique_ptr<SigningKeyStore> make_vault_signing_keys(Vault& vault, VaultSigningKeyOptions options) {
  return std::make_unique<VaultSigningKeys>(vault, std::move(options));
}

}  // namespace latchkey::vault
