// A user in front of a device whose recognition a test controls: real vaults, real stores, a scripted finger.
#pragma once

#include <atomic>

#include "tests/support/vault/test_vaults.h"
#include "vault/user_presence.h"

namespace latchkey::vault::testing {

// What the platform would say. Read at every call.
struct Recogniser {
  PresenceMethod method = PresenceMethod::fingerprint;
  std::function<Status(const Prompt&)> answer = [](const Prompt&) { return Status(); };
  PresenceStrength strength = PresenceStrength::weak;
  EnrolmentDigest enrolment = digest_of_enrolment(PresenceMethod::fingerprint, {"right-index-finger"});
  bool is_enrolled = true;
  std::atomic<int> asked = 0;
};

class RecogniserPresence final : public UserPresence {
 public:
  explicit RecogniserPresence(std::shared_ptr<Recogniser> with) : with_(std::move(with)) {}

  PresenceMethod method() const override { return with_->method; }
  PresenceStatus status() override {
    return {.method = with_->method,
            .strength = with_->strength,
            .is_available = true,
            .is_enrolled = with_->is_enrolled,
            .permission = Permission::granted};
  }
  Result<EnrolmentDigest> enrolment_digest() override { return with_->enrolment; }
  Result<Presence> check(const Prompt& prompt) override {
    if (prompt.stop.stop_requested()) return fail(Code::cancelled);
    if (!with_->is_enrolled) return fail(Code::not_enrolled);
    ++with_->asked;
    TRY_DO(with_->answer(prompt));
    return confirm(with_->method, with_->strength, with_->enrolment);
  }

 private:
  std::shared_ptr<Recogniser> with_;
};

// A device with a finger and a password of its own.
struct GuardedDevice {
  Device device;
  std::shared_ptr<MemoryMedium> medium = make_memory_medium();
  std::shared_ptr<Recogniser> finger = std::make_shared<Recogniser>();
  std::shared_ptr<Recogniser> password = make_password();

  static std::shared_ptr<Recogniser> make_password() {
    auto made = std::make_shared<Recogniser>();
    made->method = PresenceMethod::device_credential;
    made->enrolment = digest_of_enrolment(PresenceMethod::device_credential, {"me"});
    return made;
  }
  VaultParts parts(std::unique_ptr<RecordStore> records) const {
    VaultParts made = device.parts(std::move(records));
    made.presences.push_back(std::make_unique<RecogniserPresence>(finger));
    made.presences.push_back(std::make_unique<RecogniserPresence>(password));
    return made;
  }
  VaultParts parts() const { return parts(make_memory_record_store(medium)); }

  static CreateOptions options(DeviceSecurityType security, std::initializer_list<SlotKind> kinds) {
    CreateOptions made = with_slots(kinds);
    made.protection.type = VaultType::device_security;
    made.protection.device_security = security;
    return made;
  }
  std::unique_ptr<Vault> make(const CreateOptions& options) const {
    auto vault = Vault::create(parts(), options, answering("correct horse"));
    EXPECT_TRUE(vault.has_value()) << to_string(vault.error());
    return vault ? *std::move(vault) : nullptr;
  }
  std::unique_ptr<Vault> make(DeviceSecurityType security = DeviceSecurityType::biometrics,
                              std::initializer_list<SlotKind> kinds = {SlotKind::in_memory, SlotKind::passcode}) const {
    return make(options(security, kinds));
  }
  void add_finger() const {
    finger->enrolment = digest_of_enrolment(PresenceMethod::fingerprint, {"right-index-finger", "a thief's"});
  }
};

}  // namespace latchkey::vault::testing
