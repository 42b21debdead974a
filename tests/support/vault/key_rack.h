// A key store with a key of its own for each slot, as a token or the desktop's keyring, that can be away and be killed
// in the middle; and a vault of it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "crypto/random.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/key_stores/key_wrap.h"

namespace latchkey::vault::testing {

using namespace std::chrono_literals;

struct Keyrack {
  std::map<Bytes, Bytes> keys;  // by parameters
  bool is_away = false;
  bool refuses_forgetting = false;
  std::function<void()> before_making = {};      // of a key that is noted
  std::function<void()> before_answer = {};      // of wrap(), when the key is there
  std::function<void()> before_forgetting = {};  // once
  Code wrap_fails{};
  std::size_t wraps_before_failing = 0;
};

// As a token or the desktop's keyring: a key of its own for each slot.
class RackKeyStore final : public KeyStore {
 public:
  explicit RackKeyStore(std::shared_ptr<Keyrack> rack) : rack_(std::move(rack)) {}
  SlotKind kind() const override { return SlotKind::secret_service; }
  SecurityLevel level() const override { return SecurityLevel::software; }
  Portability portability() const override { return Portability::this_device_only; }

  Result<WrappedKey> wrap(const SlotKey& key, const SlotBinding& binding, const Prompt& prompt) override {
    if (rack_->is_away) return fail(Code::temporarily_unavailable);
    const auto id = crypto::random_array<16>();
    const auto wrapping = crypto::random_secret<WrappingKeyTag>(32);
    TRY(Bytes sealed, wrap_slot_key(wrapping, kind(), binding, key));
    Bytes parameters(id.begin(), id.end());
    if (prompt.key_notice.about_to_make) TRY_DO(prompt.key_notice.about_to_make(kind(), parameters));
    if (const auto hook = rack_->before_making) hook();  // which may set another
    const ByteView bytes = wrapping.reveal();
    rack_->keys[parameters].assign(bytes.begin(), bytes.end());
    if (rack_->wrap_fails != Code{} && rack_->wraps_before_failing-- == 0) {
      rack_->keys.erase(parameters);
      prompt.key_notice.unmade();
      return fail(rack_->wrap_fails);
    }
    if (const auto hook = rack_->before_answer) hook();
    return WrappedKey{std::move(parameters), std::move(sealed)};
  }
  Result<SlotKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& /*prompt*/) override {
    TRY_DO(probe(wrapped));
    return unwrap_slot_key(WrappingKey::copy_of(rack_->keys[wrapped.parameters]), kind(), binding, wrapped.sealed);
  }
  Status probe(const WrappedKey& wrapped) override {
    if (rack_->is_away) return fail(Code::temporarily_unavailable);
    if (!rack_->keys.contains(wrapped.parameters)) return fail(Code::key_missing);
    return {};
  }
  Status forget(const WrappedKey& wrapped) override {
    if (rack_->is_away || rack_->refuses_forgetting) return fail(Code::temporarily_unavailable);
    if (const auto before = std::exchange(rack_->before_forgetting, {})) before();
    rack_->keys.erase(wrapped.parameters);
    return {};
  }

 private:
  std::shared_ptr<Keyrack> rack_;
};

class LooseKeys : public ::testing::Test {
 protected:
  VaultParts parts(const MediumPtr& from) {
    VaultParts made = device.parts(from);
    made.key_stores.push_back(std::make_unique<RackKeyStore>(rack));
    return made;
  }
  std::unique_ptr<Vault> opened(const MediumPtr& from) {
    auto found = Vault::open(parts(from)).value();
    EXPECT_EQ(code_of(found->unlock({}, 1)), Code{});
    return found;
  }
  void SetUp() override {
    CreateOptions options = with_slots({SlotKind::in_memory});
    options.policy.lock_after_idle = 0ms;
    vault = Vault::create(parts(medium), options, {}).value();
  }
  Result<std::uint32_t> add() { return vault->add_slot({SlotKind::secret_service, "desk"}, {}); }
  // The vault as a kill leaves it when the key is there and the slot is not.
  void kill_while_adding() {
    MediumPtr killed;
    rack->before_answer = [&] { killed = copy_medium(medium); };
    ASSERT_TRUE(add());
    rack->before_answer = {};
    medium = killed;
    vault = opened(medium);
    ASSERT_EQ(vault->status()->slots.size(), 1U);
    ASSERT_EQ(rack->keys.size(), 1U);
  }
  std::size_t left() { return vault->status()->left_keys; }

  Device device;
  MediumPtr medium = make_memory_medium();
  std::shared_ptr<Keyrack> rack = std::make_shared<Keyrack>();
  std::unique_ptr<Vault> vault;
};

}  // namespace latchkey::vault::testing
