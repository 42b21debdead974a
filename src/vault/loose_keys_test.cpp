// Keys that are left in a store outside of the file: of slots that came to nothing, or went while their store was away.
// A store in memory that can be away, and the real SoftHSM with a program that is killed.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <map>

#include "crypto/random.h"
#include "tests/support/vault/soft_hsm.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/key_stores/key_wrap.h"
#include "vault/key_stores/pkcs11_key_store.h"
#include "vault/loose_key.h"
#include "vault/pkcs11/token.h"

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;
using testing::answering;
using testing::code_of;
using testing::SoftHsm;
using testing::text_of;
using testing::value_of;

struct Keyrack {
  std::map<Bytes, Bytes> keys;  // by parameters
  bool is_away = false;
  bool refuses_forgetting = false;
  std::function<void()> before_answer;  // of wrap(), when the key is there
  Code wrap_fails{};
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
    const ByteView bytes = wrapping.reveal();
    rack_->keys[parameters].assign(bytes.begin(), bytes.end());
    if (rack_->wrap_fails != Code{}) {
      rack_->keys.erase(parameters);
      prompt.key_notice.unmade();
      return fail(rack_->wrap_fails);
    }
    if (rack_->before_answer) rack_->before_answer();
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
    rack_->keys.erase(wrapped.parameters);
    return {};
  }

 private:
  std::shared_ptr<Keyrack> rack_;
};

using MediumOfKeys = std::shared_ptr<MemoryMedium>;

// As the file lies there now.
MediumOfKeys copy_medium(const MediumOfKeys& medium) {
  MediumOfKeys copy = make_memory_medium();
  EXPECT_TRUE(make_memory_record_store(medium)->read([&](RecordReader& reader) {
    return make_memory_record_store(copy)->create([&](RecordWriter& writer) -> Status {
      for (int kind = 1; kind <= static_cast<int>(PartKind::loose_key); ++kind) {
        TRY(const auto parts, reader.list(static_cast<PartKind>(kind)));
        for (const Part& part : parts) TRY_DO(writer.put({static_cast<PartKind>(kind), part.number}, part.body));
      }
      return {};
    });
  }));
  return copy;
}

class LooseKeys : public ::testing::Test {
 protected:
  VaultParts parts(const MediumOfKeys& from) {
    VaultParts made = device.parts(from);
    made.key_stores.push_back(std::make_unique<RackKeyStore>(rack));
    return made;
  }
  std::unique_ptr<Vault> opened(const MediumOfKeys& from) {
    auto found = Vault::open(parts(from)).value();
    EXPECT_EQ(code_of(found->unlock({}, 1)), Code{});
    return found;
  }
  void SetUp() override {
    CreateOptions options = testing::with_slots({SlotKind::in_memory});
    options.policy.lock_after_idle = 0ms;
    vault = Vault::create(parts(medium), options, {}).value();
  }
  Result<std::uint32_t> add() { return vault->add_slot({SlotKind::secret_service, "desk"}, {}); }
  // The vault as a kill leaves it when the key is there and the slot is not.
  void kill_while_adding() {
    MediumOfKeys killed;
    rack->before_answer = [&] { killed = copy_medium(medium); };
    ASSERT_TRUE(add());
    rack->before_answer = {};
    medium = killed;
    vault = opened(medium);
    ASSERT_EQ(vault->status()->slots.size(), 1U);
    ASSERT_EQ(rack->keys.size(), 1U);
  }
  std::size_t left() { return vault->status()->left_keys; }

  testing::Device device;
  MediumOfKeys medium = make_memory_medium();
  std::shared_ptr<Keyrack> rack = std::make_shared<Keyrack>();
  std::unique_ptr<Vault> vault;
};

TEST(LooseKey, is_read_as_it_was_written_and_nothing_else_is) {
  const LooseKey key{.number = 7,
                     .kind = SlotKind::pkcs11,
                     .state = LooseKey::State::being_made,
                     .since = from_unix_seconds(1'700'000'000),
                     .parameters = {1, 2, 3}};
  const Bytes printed = print_loose_key(key);
  EXPECT_EQ(parse_loose_key(7, printed).value(), key);
  for (std::size_t size = 0; size < 11; ++size)
    EXPECT_EQ(code_of(parse_loose_key(7, ByteView(printed).first(size))), Code::vault_corrupted) << size;
  Bytes later = printed;
  later[0] = 2;
  EXPECT_EQ(code_of(parse_loose_key(7, later)), Code::future_version);
  Bytes other = printed;
  other[2] = 3;
  EXPECT_EQ(code_of(parse_loose_key(7, other)), Code::vault_corrupted);
  EXPECT_EQ(code_of(parse_loose_key(7, Bytes(11 + 4097, 1))), Code::vault_corrupted);
  Bytes before_all_time = printed;
  before_all_time[3] = 0x80;
  EXPECT_EQ(code_of(parse_loose_key(7, before_all_time)), Code::vault_corrupted);
}

TEST(LooseKey, is_due_when_it_is_unused_or_took_too_long_to_make) {
  const Instant since = from_unix_seconds(1'700'000'000);
  const LooseKey making{.state = LooseKey::State::being_made, .since = since};
  EXPECT_FALSE(making.is_due(since + 9min));
  EXPECT_TRUE(making.is_due(since + 10min));
  EXPECT_TRUE(making.is_due(since - 1ms)) << "the clock was set back";
  EXPECT_TRUE(LooseKey{.since = since}.is_due(since));
}

TEST_F(LooseKeys, are_none_where_nothing_failed) {
  const auto slot = add();
  ASSERT_TRUE(slot);
  EXPECT_EQ(rack->keys.size(), 1U);
  ASSERT_TRUE(vault->rewrap_slot(*slot, {}));
  EXPECT_EQ(rack->keys.size(), 1U);
  const VaultConfig other{.protection = {}, .new_slots = {{SlotKind::secret_service, "new"}}, .kept_slots = {1}};
  ASSERT_TRUE(vault->update_config(other, {}));
  EXPECT_EQ(rack->keys.size(), 1U);
  EXPECT_TRUE(vault->verify());
  ASSERT_TRUE(vault->remove_slot(3));
  EXPECT_TRUE(rack->keys.empty());
  EXPECT_EQ(left(), 0U);
  EXPECT_EQ(vault->remove_left_keys(), 0U);
}

TEST_F(LooseKeys, of_a_kill_are_found_once_they_cannot_be_about_to_be_named) {
  kill_while_adding();
  EXPECT_EQ(left(), 0U);
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_EQ(rack->keys.size(), 1U) << "another program may be making it";
  device.clock.advance(10min);
  EXPECT_EQ(left(), 1U);
  EXPECT_TRUE(vault->verify());
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_TRUE(rack->keys.empty());
  EXPECT_EQ(left(), 0U);
}

TEST_F(LooseKeys, of_a_kill_go_with_the_next_slot_that_is_added) {
  kill_while_adding();
  device.clock.advance(10min);
  ASSERT_TRUE(add());
  EXPECT_EQ(rack->keys.size(), 1U);
  EXPECT_EQ(left(), 0U);
}

TEST_F(LooseKeys, go_with_a_vault_that_is_destroyed_open) {
  kill_while_adding();
  ASSERT_TRUE(vault->destroy());
  EXPECT_TRUE(rack->keys.empty());
}

TEST_F(LooseKeys, of_a_store_that_was_away_are_removed_when_it_is_there_again) {
  const auto slot = add();
  ASSERT_TRUE(slot);
  rack->is_away = true;
  ASSERT_TRUE(vault->remove_slot(*slot));
  EXPECT_EQ(left(), 1U);
  EXPECT_EQ(vault->remove_left_keys(), 1U);
  rack->is_away = false;
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_TRUE(rack->keys.empty());
}

TEST_F(LooseKeys, that_a_store_takes_back_by_itself_are_not_noted_any_more) {
  rack->wrap_fails = Code::user_cancelled;
  EXPECT_EQ(code_of(add()), Code::user_cancelled);
  device.clock.advance(10min);
  EXPECT_EQ(left(), 0U);
}

TEST_F(LooseKeys, are_not_taken_from_a_program_that_names_them_in_a_slot) {
  rack->before_answer = [&] {
    device.clock.advance(10min);  // it was asleep
    EXPECT_EQ(opened(medium)->remove_left_keys(), 0U);
    EXPECT_TRUE(rack->keys.empty());
  };
  EXPECT_EQ(code_of(add()), Code::conflict) << "a slot whose key is gone would open nothing";
  EXPECT_EQ(vault->status()->slots.size(), 1U);
  EXPECT_EQ(left(), 0U);
}

TEST_F(LooseKeys, of_another_device_are_left_alone) {
  kill_while_adding();
  const auto portable = vault->add_slot({SlotKind::passcode, "p"}, answering("correct horse"));
  ASSERT_TRUE(portable);
  device.clock.advance(10min);
  device.identity = testing::other_device;
  const auto elsewhere = Vault::open(parts(copy_medium(medium))).value();
  ASSERT_EQ(code_of(elsewhere->unlock(answering("correct horse"), *portable)), Code{});
  EXPECT_EQ(elsewhere->remove_left_keys(), 0U);
  EXPECT_EQ(rack->keys.size(), 1U) << "this one may have named it since";
}

TEST_F(LooseKeys, that_somebody_puts_in_the_file_open_nothing) {
  rack->keys[Bytes(16, 7)] = Bytes(32, 7);  // another program's
  const LooseKey planted{.number = 1, .kind = SlotKind::secret_service, .since = {}, .parameters = Bytes(16, 7)};
  ASSERT_TRUE(make_memory_record_store(medium)->write(
      [&](RecordWriter& writer) { return writer.put({PartKind::loose_key, 1}, print_loose_key(planted)); }));
  vault = Vault::open(parts(medium)).value();
  EXPECT_EQ(code_of(vault->unlock({}, 1)), Code::vault_corrupted);
  EXPECT_FALSE(vault->remove_left_keys());
  EXPECT_EQ(rack->keys.size(), 1U);
}

TEST_F(LooseKeys, survive_a_rotation_and_another_process) {
  kill_while_adding();
  device.clock.advance(10min);
  ASSERT_TRUE(vault->rotate());
  EXPECT_EQ(left(), 1U);
  EXPECT_EQ(opened(medium)->remove_left_keys(), 0U);
  EXPECT_TRUE(vault->verify());
  EXPECT_EQ(left(), 0U);
}

// --- on a real token ---

template <class Work>
void on_the_token(Work work) {
  auto module = pkcs11::Module::load(SoftHsm::module);
  ASSERT_TRUE(module && module->initialise());
  const auto token = find_token(*module, SoftHsm::token);
  ASSERT_TRUE(token);
  const auto session = pkcs11::Session::open(*module, *token, answering(SoftHsm::pin));
  ASSERT_TRUE(session) << to_string(session.error());
  work(*session);
}

std::size_t count_our_keys() {
  std::size_t found = 0;
  on_the_token([&](const pkcs11::Session& session) {
    std::string label = "Latchkey vault key";
    CK_ATTRIBUTE wanted{CKA_LABEL, label.data(), label.size()};
    std::array<CK_OBJECT_HANDLE, 32> objects{};
    CK_ULONG count = 0;
    session.functions().C_FindObjectsInit(session.get(), &wanted, 1);
    session.functions().C_FindObjects(session.get(), objects.data(), objects.size(), &count);
    session.functions().C_FindObjectsFinal(session.get());
    found = count;
  });
  return found;
}

// The key is on the token, and the slot is not in the file yet.
CK_RV die(CK_SESSION_HANDLE /*session*/, CK_MECHANISM_PTR /*mechanism*/, CK_OBJECT_HANDLE /*key*/) {
  ::kill(::getpid(), SIGKILL);
  return CKR_GENERAL_ERROR;
}

class LooseTokenKeys : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SoftHsm::is_installed()) GTEST_SKIP() << "SoftHSM is not installed: ./dev setup";
    SoftHsm::instance();
  }
  VaultParts parts() {
    VaultParts made = device.parts(folder.file());
    Pkcs11KeyStoreOptions options{.module = SoftHsm::module, .token = SoftHsm::token};
    options.ask_pin_to_forget = user.ask_passcode;
    made.key_stores.push_back(make_pkcs11_key_store(std::move(options)));
    return made;
  }
  std::unique_ptr<Vault> opened() {
    auto vault = Vault::open(parts()).value();
    EXPECT_EQ(code_of(vault->unlock({}, 1)), Code{});
    return vault;
  }
  testing::TemporaryFolder folder;
  testing::Device device;
  Prompt user = answering(SoftHsm::pin);
};

TEST_F(LooseTokenKeys, of_a_program_that_was_killed_are_found_and_removed_and_no_others) {
  auto vault = Vault::create(parts(), testing::with_slots({SlotKind::in_memory, SlotKind::passcode}), user).value();
  const auto kept = vault->add_slot({SlotKind::pkcs11, "kept"}, user);
  ASSERT_TRUE(kept) << to_string(kept.error());
  vault.reset();
  const std::size_t before = count_our_keys();
  const pid_t child = ::fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    const auto module = pkcs11::Module::load(SoftHsm::module);
    module->functions().C_EncryptInit = &die;
    const auto by_child = Vault::open(parts()).value();
    if (!by_child->unlock(user, 2)) ::_exit(2);  // keys in memory do not come with it
    static_cast<void>(by_child->add_slot({SlotKind::pkcs11, "killed"}, user));
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(count_our_keys(), before + 1);
  device.clock.advance(10min);
  vault = opened();
  EXPECT_EQ(vault->status()->left_keys, 1U);
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_EQ(count_our_keys(), before);
  EXPECT_EQ(code_of(vault->check_slot(*kept, user)), Code{});
  EXPECT_TRUE(vault->destroy());
  EXPECT_EQ(count_our_keys(), before - 1);
}

}  // namespace
}  // namespace latchkey::vault
