// Older copies of the whole file, put back where a server remembers how far it had come.
#include "vault/checkpoint.h"

#include <gtest/gtest.h>

#include "tests/support/vault/memory_checkpoints.h"
#include "tests/support/vault/seen_events.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/rollback_anchors/memory_rollback_anchor.h"

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;
using testing::CheckpointServer;
using testing::code_of;
using testing::MemoryCheckpoints;
using testing::text_of;
using testing::value_of;
using testing::with_slots;
using enum CheckpointRule;
namespace fs = std::filesystem;

TEST(CheckpointPlace, is_read_as_it_was_written_and_nothing_else_is) {
  for (const CheckpointRule rule : {required, when_reachable}) {
    const CheckpointPlace place{rule, "https://id.example"};
    const Bytes printed = print_checkpoint_place(place).value();
    EXPECT_TRUE(is_checkpoint(printed));
    EXPECT_EQ(parse_checkpoint_place(printed).value(), place);
    EXPECT_EQ(parse_checkpoint_rule(name_of(rule)), rule);
  }
  EXPECT_LE(print_checkpoint_place({required, std::string(126, 'x')}).value().size(), 128U);
  EXPECT_EQ(code_of(print_checkpoint_place({required, std::string(127, 'x')})), Code::invalid_argument);
  EXPECT_EQ(code_of(print_checkpoint_place({required, ""})), Code::invalid_argument);
  EXPECT_EQ(code_of(parse_checkpoint_rule("sometimes")), Code::invalid_argument);
  EXPECT_EQ(code_of(parse_checkpoint_place(Bytes{})), Code::vault_corrupted);
  EXPECT_EQ(code_of(parse_checkpoint_place(Bytes{1, 1, 'x'})), Code::vault_corrupted);
  EXPECT_EQ(code_of(parse_checkpoint_place(Bytes{2, 1})), Code::vault_corrupted);
  EXPECT_EQ(code_of(parse_checkpoint_place(Bytes{2, 3, 'x'})), Code::future_version);
  EXPECT_EQ(code_of(parse_checkpoint_place(Bytes(129, 2))), Code::vault_corrupted);
}

class Checkpointed : public ::testing::Test {
 protected:
  VaultParts parts() {
    VaultParts made = device.parts(file);
    made.checkpoints = std::make_unique<MemoryCheckpoints>(server);
    made.anchor = make_memory_rollback_anchor(counters);
    return made;
  }
  std::unique_ptr<Vault> make(CheckpointRule rule) {
    auto vault = Vault::create(parts(), with_slots({SlotKind::in_memory}), {});
    EXPECT_TRUE(vault.has_value()) << to_string(vault.error());
    EXPECT_TRUE((*vault)->set("latchkey/session", value_of("alice")).has_value());
    EXPECT_EQ(code_of((*vault)->set_checkpoint(rule)), Code{});
    return *std::move(vault);
  }
  // A process: opens, unlocks, and writes something if it has a value.
  Status run(std::optional<std::string_view> value) {
    TRY(const auto vault, Vault::open(parts()));
    TRY_DO(vault->unlock({}));
    if (!value) return {};
    TRY_DO(vault->set("a", value_of(*value)));
    static_cast<void>(vault->checkpoint());  // as commands do before they end: closing waits for nothing
    return {};
  }
  std::unique_ptr<Vault> opened() {
    auto vault = Vault::open(parts());
    EXPECT_TRUE(vault.has_value());
    EXPECT_EQ(code_of((*vault)->unlock({})), Code{});
    return *std::move(vault);
  }
  void keep() { fs::copy_file(file, folder.file("kept"), fs::copy_options::overwrite_existing); }
  void put_back() { fs::copy_file(folder.file("kept"), file, fs::copy_options::overwrite_existing); }
  static CheckpointStatus status_of(Vault& vault) { return vault.status()->checkpoint.value(); }
  AnchorCount count() { return server->counts.begin()->second; }

  testing::TemporaryFolder folder;
  fs::path file = folder.file();
  testing::Device device;
  std::shared_ptr<CheckpointServer> server = std::make_shared<CheckpointServer>();
  std::shared_ptr<MemoryCounters> counters = make_memory_counters();
};

TEST_F(Checkpointed, a_vault_works_as_any_other_and_says_who_vouches_for_it) {
  make(required);
  for (const char* value : {"1", "2", "3"}) ASSERT_EQ(code_of(run(value)), Code{});
  const auto vault = opened();
  EXPECT_EQ(text_of(vault->get("a")), "3");
  const CheckpointStatus status = status_of(*vault);
  EXPECT_EQ(status.place, (CheckpointPlace{required, "https://id.example"}));
  EXPECT_TRUE(status.is_verified);
  EXPECT_FALSE(status.is_behind);
  EXPECT_TRUE(vault->verify().has_value());
  vault->lock();
  EXPECT_FALSE(status_of(*vault).is_verified);
  EXPECT_TRUE(vault->status()->is_anchored);
}

TEST_F(Checkpointed, an_older_copy_is_told_by_a_process_that_never_saw_the_newer) {
  for (const CheckpointRule rule : {required, when_reachable}) {
    fs::remove(file);
    make(rule);
    ASSERT_EQ(code_of(run("old")), Code{});
    keep();
    ASSERT_EQ(code_of(run("new")), Code{});
    put_back();
    EXPECT_EQ(code_of(run(std::nullopt)), Code::vault_rolled_back);
    EXPECT_EQ(code_of(run("never")), Code::vault_rolled_back);
  }
}

TEST_F(Checkpointed, a_copy_of_the_newest_is_fine_and_reading_costs_the_server_no_write) {
  make(required);
  ASSERT_EQ(code_of(run("old")), Code{});
  keep();
  const AnchorCount before = count();
  ASSERT_EQ(code_of(run(std::nullopt)), Code{});
  EXPECT_EQ(count(), before);
  put_back();
  EXPECT_EQ(code_of(run("new")), Code{});
}

TEST_F(Checkpointed, without_its_server_a_vault_that_requires_it_stays_locked_and_nothing_is_lost) {
  make(required)->set("a", value_of("1"));
  for (const Code code : {Code::network_unreachable, Code::network_timeout, Code::server_error, Code::busy}) {
    server->failure = code;
    EXPECT_EQ(code_of(run(std::nullopt)), Code::temporarily_unavailable);
  }
  server->failure = Code::tls_untrusted;
  EXPECT_EQ(code_of(run(std::nullopt)), Code::tls_untrusted);
  server->failure = Code::login_required;
  EXPECT_EQ(code_of(run(std::nullopt)), Code::login_required);
  server->failure.reset();
  EXPECT_EQ(text_of(opened()->get("a")), "1");
  const auto alone = Vault::open(device.parts(file));
  EXPECT_EQ(code_of((*alone)->unlock({})), Code::unsupported);
}

TEST_F(Checkpointed, without_its_server_the_other_kind_opens_and_says_that_nobody_vouches) {
  make(when_reachable);
  server->failure = Code::network_unreachable;
  const auto vault = opened();
  EXPECT_FALSE(status_of(*vault).is_verified);
  EXPECT_EQ(status_of(*vault).problem->code, Code::network_unreachable);
  EXPECT_TRUE(vault->set("a", value_of("offline")).has_value());
  EXPECT_TRUE(status_of(*vault).is_behind);
  EXPECT_EQ(code_of(vault->checkpoint()), Code::network_unreachable);
  server->failure.reset();
  EXPECT_EQ(code_of(vault->checkpoint()), Code{});
  EXPECT_TRUE(status_of(*vault).is_verified);
  EXPECT_FALSE(status_of(*vault).is_behind);
  EXPECT_FALSE(status_of(*vault).problem);
}

// The epoch of a file that nobody vouched for stands still: its writes do not make up for what it lacks.
TEST_F(Checkpointed, an_older_copy_used_without_the_server_is_told_when_that_is_back) {
  make(when_reachable);
  ASSERT_EQ(code_of(run("old")), Code{});
  keep();
  ASSERT_EQ(code_of(run("new")), Code{});
  put_back();
  server->failure = Code::network_unreachable;
  for (int i = 0; i < 5; ++i) ASSERT_EQ(code_of(run("offline")), Code{});
  const auto vault = opened();
  testing::SeenEvents seen(*vault);
  EXPECT_TRUE(vault->set("a", value_of("more of it")).has_value());
  server->failure.reset();
  device.clock.advance(61s);
  EXPECT_TRUE(seen.wait_for_locks({LockReason::rolled_back})) << "without another write";
  EXPECT_TRUE(vault->is_locked());
  EXPECT_EQ(code_of(vault->unlock({})), Code::vault_rolled_back);
}

TEST_F(Checkpointed, a_step_whose_answer_got_lost_is_made_good_by_the_next) {
  make(required);
  server->lost_answers = 1;
  ASSERT_EQ(code_of(run("1")), Code{}) << "durable, whatever the server does";
  EXPECT_EQ(code_of(run("2")), Code{});
  server->failure = Code::network_timeout;
  const auto vault = [&] {
    server->failure.reset();
    return opened();
  }();
  server->failure = Code::network_timeout;  // the file is one ahead
  EXPECT_TRUE(vault->set("a", value_of("3")).has_value());
  EXPECT_TRUE(status_of(*vault).is_behind);
  server->failure.reset();
  EXPECT_EQ(code_of(run(std::nullopt)), Code{});
  EXPECT_EQ(code_of(vault->checkpoint()), Code{});
  EXPECT_EQ(code_of(run("4")), Code{});
}

TEST_F(Checkpointed, steps_are_batched) {
  {
    const auto vault = make(required);
    testing::SeenEvents seen(*vault);
    const int before = server->calls;
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(vault->set("a", value_of("x")).has_value());
    ASSERT_TRUE(seen.wait_for_steps(1)) << "after the first write of an unlocking";
    ASSERT_TRUE(vault->set("a", value_of("not told")).has_value());
    EXPECT_EQ(server->calls, before + 1);
    EXPECT_TRUE(status_of(*vault).is_behind);
    device.clock.advance(60s);
    ASSERT_TRUE(seen.wait_for_steps(2)) << "a minute later, without another write";
    EXPECT_EQ(server->calls, before + 2);
    EXPECT_FALSE(status_of(*vault).is_behind);
    ASSERT_TRUE(vault->set("a", value_of("not told")).has_value());
    EXPECT_TRUE(status_of(*vault).is_behind);
  }
}

TEST_F(Checkpointed, what_is_put_back_from_between_two_steps_is_told_after_the_next) {
  {
    const auto vault = make(required);
    ASSERT_TRUE(vault->set("a", value_of("told")).has_value());
  }
  keep();
  {
    const auto vault = opened();
    ASSERT_TRUE(vault->set("a", value_of("first: told")).has_value());
    ASSERT_TRUE(vault->set("a", value_of("second: not told")).has_value());
    EXPECT_EQ(code_of(vault->checkpoint()), Code{});
  }
  put_back();
  EXPECT_EQ(code_of(run(std::nullopt)), Code::vault_rolled_back);
}

TEST_F(Checkpointed, a_server_that_was_restored_is_brought_up_again) {
  make(required);
  for (const char* value : {"1", "2", "3"}) ASSERT_EQ(code_of(run(value)), Code{});
  const AnchorCount newest = count();
  server->counts.begin()->second = newest - 3;
  EXPECT_EQ(code_of(run(std::nullopt)), Code{});
  EXPECT_EQ(count(), newest);
}

TEST_F(Checkpointed, a_checkpoint_that_is_gone_or_another_users_opens_nothing) {
  for (const CheckpointRule rule : {required, when_reachable}) {
    fs::remove(file);
    server->counts.clear();
    make(rule);
    const auto kept = server->counts;
    server->counts.clear();
    EXPECT_EQ(code_of(run(std::nullopt)), Code::key_missing);
    server->counts = kept;
    const auto vault = opened();
    ASSERT_TRUE(vault->set("latchkey/session", value_of("mallory")).has_value());
    EXPECT_EQ(code_of(run(std::nullopt)), Code::key_missing);
  }
}

TEST_F(Checkpointed, the_rule_is_changed_by_the_vault_only) {
  make(required);
  const auto records = make_sqlite_record_store(file, {.page_size = 512});
  const Bytes weaker = print_checkpoint_place({when_reachable, "https://id.example"}).value();
  ASSERT_TRUE(records->write([&](RecordWriter& writer) { return writer.put({PartKind::anchor}, weaker); }).has_value());
  EXPECT_EQ(code_of(run(std::nullopt)), Code::vault_corrupted);
  ASSERT_TRUE(records->write([](RecordWriter& writer) { return writer.remove({PartKind::anchor}); }).has_value());
  EXPECT_EQ(code_of(run(std::nullopt)), Code::vault_corrupted);
  const Bytes right = print_checkpoint_place({required, "https://id.example"}).value();
  ASSERT_TRUE(records->write([&](RecordWriter& writer) { return writer.put({PartKind::anchor}, right); }).has_value());
  const auto vault = opened();
  EXPECT_EQ(code_of(vault->set_checkpoint(when_reachable)), Code{});
  EXPECT_EQ(status_of(*vault).place.rule, when_reachable);
  EXPECT_FALSE(status_of(*vault).is_behind);
  EXPECT_EQ(code_of(vault->set_checkpoint(std::nullopt)), Code{});
  EXPECT_FALSE(vault->status()->checkpoint);
  EXPECT_TRUE(server->counts.empty());
  EXPECT_EQ(code_of(run("unanchored")), Code{});
}

TEST_F(Checkpointed, takes_the_place_of_a_counter_in_the_chip) {
  CreateOptions options = with_slots({SlotKind::in_memory});
  options.is_anchored = true;
  const auto vault = *Vault::create(parts(), options, {});
  ASSERT_TRUE(vault->set("latchkey/session", value_of("alice")).has_value());
  EXPECT_EQ(code_of(vault->set_checkpoint(required)), Code{});
  clear_all(*counters);
  EXPECT_EQ(code_of(run("a")), Code{});
  EXPECT_TRUE(vault->set("b", value_of("another process")).has_value());
}

TEST_F(Checkpointed, takes_the_place_of_a_counter_by_the_first_write_of_an_unlocking) {
  CreateOptions options = with_slots({SlotKind::in_memory});
  options.is_anchored = true;
  ASSERT_TRUE((*Vault::create(parts(), options, {}))->set("latchkey/session", value_of("alice")).has_value());
  EXPECT_EQ(code_of(opened()->set_checkpoint(required)), Code{});
  clear_all(*counters);
  EXPECT_EQ(code_of(run("a")), Code{});
}

TEST_F(Checkpointed, the_user_may_accept_what_is_there_with_or_without_the_server) {
  make(required);
  ASSERT_EQ(code_of(run("old")), Code{});
  keep();
  ASSERT_EQ(code_of(run("new")), Code{});
  put_back();
  {
    const auto vault = *Vault::open(parts());
    ASSERT_EQ(code_of(vault->accept_rollback({})), Code{});
    EXPECT_EQ(text_of(vault->get("a")), "old");
    EXPECT_TRUE(status_of(*vault).is_verified);
  }
  EXPECT_EQ(code_of(run("newest")), Code{});
  put_back();
  EXPECT_EQ(code_of(run(std::nullopt)), Code::vault_rolled_back);
  server->failure = Code::network_unreachable;
  EXPECT_FALSE((*Vault::open(parts()))->accept_rollback({}).has_value());
  const auto alone = *Vault::open(device.parts(file));
  ASSERT_EQ(code_of(alone->accept_rollback({})), Code{});
  EXPECT_FALSE(alone->status()->is_anchored);
}

TEST_F(Checkpointed, processes_that_write_in_turns_agree) {
  const auto first = make(required);
  const auto second = opened();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(first->set("a", value_of("1")).has_value());
    EXPECT_TRUE(second->set("a", value_of("2")).has_value());
    device.clock.advance(61s);
    EXPECT_EQ(code_of(first->checkpoint()), Code{});
    EXPECT_EQ(code_of(second->checkpoint()), Code{});
  }
  EXPECT_EQ(text_of(first->get("a")), "2");
}

TEST_F(Checkpointed, destroying_an_open_vault_forgets_it_at_the_server) {
  const auto vault = make(required);
  ASSERT_EQ(server->counts.size(), 1U);
  EXPECT_TRUE(vault->destroy().has_value());
  EXPECT_TRUE(server->counts.empty());
}

// A store that asks with nothing of the vault.
class SignedInElsewhere final : public Checkpoints {
 public:
  explicit SignedInElsewhere(std::shared_ptr<CheckpointServer> server) : store_(std::move(server)) {}
  Result<std::string> find_server(SessionRecords&) override { return std::string("https://id.example"); }
  Result<AnchorCount> read(const CheckpointCall& call) override { return store_.read(as_alice(call)); }
  Result<AnchorCount> move(const CheckpointCall& call, AnchorCount to) override {
    return store_.move(as_alice(call), to);
  }
  Result<AnchorCount> make(const CheckpointCall& call, AnchorCount first) override {
    EXPECT_EQ(code_of(call.records.put("latchkey/session", value_of("x"))), Code::permission_denied);
    return store_.make(as_alice(call), first);
  }
  Status remove(const CheckpointCall& call) override { return store_.remove(as_alice(call)); }

 private:
  class Alice final : public SessionRecords {
   public:
    Result<std::optional<RecordValue>> find(std::string_view) override { return std::optional(value_of("alice")); }
    Status put(std::string_view, const RecordValue&) override { return fail(Code::permission_denied); }
  };
  CheckpointCall as_alice(const CheckpointCall& call) { return {call.server, call.vault, alice_, call.stop}; }
  MemoryCheckpoints store_;
  Alice alice_;
};

TEST_F(Checkpointed, a_vault_is_made_with_its_checkpoint_in_one_step_or_not_at_all) {
  CreateOptions options = with_slots({SlotKind::in_memory});
  options.checkpoint = required;
  const auto create = [&](bool has_store, const fs::path& where) {
    VaultParts made = device.parts(where);
    if (has_store) made.checkpoints = std::make_unique<SignedInElsewhere>(server);
    return Vault::create(std::move(made), options, {});
  };
  EXPECT_EQ(code_of(create(false, file)), Code::unsupported);
  server->failure = Code::network_unreachable;
  EXPECT_EQ(code_of(create(true, file)), Code::network_unreachable);
  EXPECT_FALSE(fs::exists(file));
  server->failure.reset();
  EXPECT_FALSE(create(true, "/proc/no-file-is-made-here").has_value());
  EXPECT_TRUE(server->counts.empty()) << "what did not come to be is not remembered";
  options.is_anchored = true;
  EXPECT_EQ(code_of(Vault::create(parts(), options, {})), Code::invalid_argument);
  options.is_anchored = false;
  {
    const auto vault = create(true, file);
    ASSERT_EQ(code_of(vault), Code{});
    EXPECT_TRUE(status_of(**vault).is_verified);
    EXPECT_FALSE(status_of(**vault).is_behind);
    ASSERT_TRUE((*vault)->set("latchkey/session", value_of("alice")));
    EXPECT_EQ(code_of(create(true, file)), Code::already_exists);
  }
  keep();
  ASSERT_EQ(code_of(run("new")), Code{});
  put_back();
  EXPECT_EQ(code_of(run(std::nullopt)), Code::vault_rolled_back);
}

TEST_F(Checkpointed, a_checkpoint_takes_a_session) {
  const auto vault = *Vault::create(parts(), with_slots({SlotKind::in_memory}), {});
  EXPECT_EQ(code_of(vault->set_checkpoint(required)), Code::login_required);
  EXPECT_FALSE(vault->status()->is_anchored);
}

}  // namespace
}  // namespace latchkey::vault
