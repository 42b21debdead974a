#include "vault/signing_keys/vault_signing_keys.h"

#include <algorithm>

#include "protocol/limits/vault.h"

namespace latchkey::vault {
namespace {

constexpr std::string_view changed_enrolment = "other fingers are enrolled than the key was made with; make a new key";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

Result<std::string> to_record_name(std::string_view name) {
  if (name.empty() || name.size() > protocol::limits::signing_key_name_bytes ||
      !std::ranges::all_of(name, is_name_character))
    return fail(Code::invalid_argument, "name of a signing key");
  return std::string(signing_key_prefix) + std::string(name);
}

class VaultSigningKeys final : public SigningKeyStore {
 public:
  VaultSigningKeys(Vault& vault, std::unique_ptr<KeyPlace> place, VaultSigningKeyOptions options)
      : vault_(vault), place_(std::move(place)), options_(std::move(options)) {}

  KeyProtection protection() const override { return place_->protection(); }

  Result<crypto::VerifyingKey> create(std::string_view name, Presence presence, const Prompt& prompt) override {
    TRY(const std::string record_name, to_record_name(name));
    TRY(const std::uint64_t sequence, sequence_to_replace(record_name));
    SigningKeyRecord record{place_->place(), presence.method(), presence.enrolment(), {}};
    TRY(record.body, place_->make(prompt));
    TRY(auto key, place_->get_public_key(record.body));
    std::vector<Change> changes;
    changes.push_back({record_name, print_signing_key_record(record), RecordKind::bytes, sequence});
    TRY_DO(vault_.apply(changes));
    return key;
  }

  Result<crypto::VerifyingKey> get_public_key(std::string_view name) override {
    TRY(const std::string record_name, to_record_name(name));
    TRY(const SigningKeyRecord record, read_valid(record_name));
    return place_->get_public_key(record.body);
  }

  Result<crypto::Signature> sign(std::string_view name, Presence presence, ByteView message,
                                 const Prompt& prompt) override {
    TRY(const std::string record_name, to_record_name(name));
    TRY(const SigningKeyRecord record, read_valid(record_name));
    if (presence.method() != record.method) return fail(Code::invalid_argument, "the key is for another presence");
    if (options_.invalidate_on_enrolment_change && presence.enrolment() != record.enrolment) {
      TRY_DO(invalidate(record_name, record));
      return fail(Code::key_invalidated, changed_enrolment);
    }
    return place_->sign(record.body, message, prompt);
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
    if (!record.body.is_empty()) return fail(Code::already_exists, "signing key");
    TRY(const RecordInfo info, vault_.get_info(name));
    return info.sequence;
  }

  Result<SigningKeyRecord> read_valid(const std::string& name) {
    TRY(const RecordValue value, vault_.get(name));
    TRY(SigningKeyRecord record, parse_signing_key_record(value.reveal()));
    if (record.body.is_empty()) return fail(Code::key_invalidated, changed_enrolment);
    if (record.place != place_->place()) return fail(Code::unsupported, "the signing key is in another place");
    return record;
  }

  // For good: taking the new finger away again does not bring the key back.
  Status invalidate(const std::string& name, const SigningKeyRecord& record) {
    std::vector<Change> changes;
    changes.push_back({name, print_signing_key_record({record.place, record.method, record.enrolment, {}})});
    for (const std::string& dropped : options_.drop_on_invalidation) {
      TRY(const auto value, vault_.find(dropped));
      if (value) changes.push_back({dropped, std::nullopt});
    }
    return vault_.apply(changes);
  }

  Vault& vault_;
  std::unique_ptr<KeyPlace> place_;
  VaultSigningKeyOptions options_;
};

}  // namespace

VaultSigningKeyOptions signing_key_options(const VaultProtection& protection) {
  VaultSigningKeyOptions options;
  options.invalidate_on_enrolment_change = protection.on_enrolment_change != OnEnrolmentChange::accept;
  if (protection.on_enrolment_change == OnEnrolmentChange::refuse_and_drop)
    options.drop_on_invalidation = {"latchkey/session"};
  return options;
}

std::unique_ptr<SigningKeyStore> make_vault_signing_keys(Vault& vault, VaultSigningKeyOptions options) {
  return make_vault_signing_keys(vault, make_software_place(), std::move(options));
}

std::unique_ptr<SigningKeyStore> make_vault_signing_keys(Vault& vault, std::unique_ptr<KeyPlace> place,
                                                         VaultSigningKeyOptions options) {
  return std::make_unique<VaultSigningKeys>(vault, std::move(place), std::move(options));
}

}  // namespace latchkey::vault
