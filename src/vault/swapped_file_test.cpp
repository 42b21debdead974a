// Another vault, or an older copy of this one, put in the place of the file while a process has it open.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <utility>

#include "tests/support/vault/memory_checkpoints.h"
#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::copy_medium;
using testing::Device;
using testing::make_vault;
using testing::MediumPtr;
using testing::text_of;
using testing::value_of;
using testing::with_slots;

// Whatever is at the place now.
class Place final : public RecordStore {
 public:
  explicit Place(const MediumPtr& now) : now_(now) {}
  Status create(const WriteWork& work) override { return store()->create(work); }
  Status read(const ReadWork& work) override { return store()->read(work); }
  Status write(const WriteWork& work) override { return store()->write(work); }
  Status scrub() override { return store()->scrub(); }
  Status check() override { return store()->check(); }
  Status destroy() override { return store()->destroy(); }

 private:
  std::unique_ptr<RecordStore> store() const { return make_memory_record_store(now_); }
  const MediumPtr& now_;
};

// Where a session may be at one server after another.
struct ServersOfOneVault {
  std::map<std::string, std::shared_ptr<testing::CheckpointServer>> servers;
  std::string signed_in_at;
  std::function<void()> before_answer;  // to the next question
};

class CheckpointsAtServers final : public Checkpoints {
 public:
  explicit CheckpointsAtServers(ServersOfOneVault& world) : world_(world) {}
  Result<std::string> find_server(SessionRecords& /*records*/) override { return world_.signed_in_at; }
  Result<AnchorCount> read(const CheckpointCall& call) override {
    if (const auto hook = std::exchange(world_.before_answer, nullptr)) hook();
    return at(call).read(call);
  }
  Result<AnchorCount> move(const CheckpointCall& call, AnchorCount to) override { return at(call).move(call, to); }
  Result<AnchorCount> make(const CheckpointCall& call, AnchorCount first) override {
    return at(call).make(call, first);
  }
  Status remove(const CheckpointCall& call) override { return at(call).remove(call); }

 private:
  testing::MemoryCheckpoints at(const CheckpointCall& call) {
    return testing::MemoryCheckpoints(world_.servers.at(call.server));
  }
  ServersOfOneVault& world_;
};

class SwappedFile : public ::testing::Test {
 protected:
  Device device;
  MediumPtr genuine = make_memory_medium();
  MediumPtr place = genuine;
  std::unique_ptr<Vault> vault = make();

  std::unique_ptr<Vault> make() {
    auto made = Vault::create(device.parts(std::make_unique<Place>(place)), with_slots({SlotKind::passcode}),
                              answering("an old passcode"));
    EXPECT_TRUE(made.has_value()) << to_string(made.error());
    return *std::move(made);
  }
};

TEST_F(SwappedFile, authenticates_nobody_by_a_passcode_that_is_not_of_this_vault) {
  ASSERT_TRUE(vault->set("pin", value_of("1234"), RecordOptions{.is_ask_every_time = true}).has_value());
  const MediumPtr older = copy_medium(genuine);
  ASSERT_TRUE(vault->rewrap_slot(1, answering("a new passcode")).has_value());
  const MediumPtr stranger = make_memory_medium();
  make_vault(device, stranger, with_slots({SlotKind::passcode}), "an old passcode");
  for (const MediumPtr& put_there : {stranger, older}) {
    place = put_there;
    EXPECT_FALSE(vault->authenticate(answering("an old passcode")).has_value());
    place = genuine;
    EXPECT_EQ(code_of(vault->get("pin")), Code::reauthentication_required);
  }
  ASSERT_TRUE(vault->authenticate(answering("a new passcode")).has_value());
  EXPECT_EQ(text_of(vault->get("pin")), "1234");
}

TEST_F(SwappedFile, an_older_copy_is_told_after_locking_too) {
  ASSERT_TRUE(vault->set("a", value_of("old")).has_value());
  const MediumPtr older = copy_medium(genuine);
  ASSERT_TRUE(vault->set("a", value_of("new")).has_value());
  vault->lock();
  place = older;
  EXPECT_EQ(code_of(vault->unlock(answering("an old passcode"))), Code::vault_rolled_back);
  EXPECT_TRUE(vault->is_locked());
  ASSERT_TRUE(vault->accept_rollback(answering("an old passcode")).has_value());
  EXPECT_EQ(text_of(vault->get("a")), "old");
  vault->lock();
  EXPECT_TRUE(vault->unlock(answering("an old passcode")).has_value());
}

// Its revision is higher by then; its epoch stood still, for nobody vouched for it.
TEST_F(SwappedFile, an_older_copy_that_was_written_to_elsewhere_is_told_by_its_epoch) {
  const auto server = std::make_shared<testing::CheckpointServer>();
  const auto parts_at = [&](std::unique_ptr<RecordStore> records) {
    VaultParts parts = device.parts(std::move(records));
    parts.checkpoints = std::make_unique<testing::MemoryCheckpoints>(server);
    return parts;
  };
  place = make_memory_medium();
  const auto checked = *Vault::create(parts_at(std::make_unique<Place>(place)), with_slots({SlotKind::passcode}),
                                      answering("a passcode"));
  ASSERT_TRUE(checked->set("latchkey/session", value_of("alice")).has_value());
  ASSERT_EQ(code_of(checked->set_checkpoint(CheckpointRule::when_reachable)), Code{});
  const MediumPtr fork = copy_medium(place);
  ASSERT_TRUE(checked->set("a", value_of("new")).has_value());
  ASSERT_EQ(code_of(checked->checkpoint()), Code{});
  server->failure = Code::network_unreachable;
  const auto elsewhere = *Vault::open(parts_at(make_memory_record_store(fork)));
  ASSERT_EQ(code_of(elsewhere->unlock(answering("a passcode"))), Code{});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(elsewhere->set("a", value_of("old")).has_value());
  place = fork;
  EXPECT_EQ(code_of(checked->get("a")), Code::vault_rolled_back);
}

class SwappedWhileAsked : public SwappedFile {
 protected:
  VaultParts parts() {
    VaultParts made = device.parts(std::make_unique<Place>(place));
    made.checkpoints = std::make_unique<CheckpointsAtServers>(world);
    return made;
  }
  void SetUp() override {
    for (const char* name : {"https://x.example", "https://y.example"})
      world.servers[name] = std::make_shared<testing::CheckpointServer>();
    place = make_memory_medium();
    vault = *Vault::create(parts(), with_slots({SlotKind::passcode}), answering("a passcode"));
    ASSERT_TRUE(vault->set("latchkey/session", value_of("alice")).has_value());
  }
  MediumPtr with_checkpoint(const std::string& server, CheckpointRule rule) {
    world.signed_in_at = server;
    EXPECT_EQ(code_of(vault->set_checkpoint(rule)), Code{});
    return copy_medium(place);
  }
  Code unlock_one_swapped_for(const MediumPtr& first, const MediumPtr& then) {
    place = first;
    world.before_answer = [&] { place = then; };
    const auto opened = *Vault::open(parts());
    const Status unlocked = opened->unlock(answering("a passcode"));
    EXPECT_EQ(opened->is_locked(), !unlocked);
    return code_of(unlocked);
  }
  ServersOfOneVault world;
};

TEST_F(SwappedWhileAsked, for_one_that_another_server_vouches_for_is_not_vouched_for) {
  const MediumPtr at_x = with_checkpoint("https://x.example", CheckpointRule::required);
  const MediumPtr old_at_y = with_checkpoint("https://y.example", CheckpointRule::required);
  ASSERT_TRUE(vault->set("a", value_of("new")).has_value());
  ASSERT_EQ(code_of(vault->checkpoint()), Code{});
  vault.reset();
  EXPECT_EQ(unlock_one_swapped_for(at_x, old_at_y), Code::temporarily_unavailable);
  world.servers["https://x.example"]->counts.clear();
  EXPECT_EQ(unlock_one_swapped_for(at_x, old_at_y), Code::temporarily_unavailable);
  EXPECT_EQ(unlock_one_swapped_for(old_at_y, old_at_y), Code::vault_rolled_back);
}

TEST_F(SwappedWhileAsked, for_one_of_another_rule_opens_by_neither) {
  const MediumPtr lenient = with_checkpoint("https://x.example", CheckpointRule::when_reachable);
  const MediumPtr strict = with_checkpoint("https://x.example", CheckpointRule::required);
  vault.reset();
  world.servers["https://x.example"]->failure = Code::network_unreachable;
  EXPECT_EQ(unlock_one_swapped_for(lenient, strict), Code::temporarily_unavailable);
  EXPECT_EQ(unlock_one_swapped_for(lenient, lenient), Code{});
}

TEST_F(SwappedFile, another_vault_made_in_its_place_is_another_vault) {
  ASSERT_TRUE(vault->set("a", value_of("1")).has_value());
  vault->lock();
  place = make_memory_medium();
  make_vault(device, place, with_slots({SlotKind::passcode}), "of the other");
  EXPECT_TRUE(vault->unlock(answering("of the other")).has_value());
}

// The part that keeps the old key comes back after the rotation that needed it.
TEST_F(SwappedFile, a_rotation_that_was_done_cannot_be_begun_by_putting_its_part_back) {
  ASSERT_TRUE(vault->set("a", value_of("1")).has_value());
  std::stop_source stop;
  std::optional<Bytes> part;
  stop.request_stop();
  EXPECT_EQ(code_of(vault->rotate({}, stop.get_token())), Code::cancelled);
  ASSERT_TRUE(make_memory_record_store(genuine)->read([&](RecordReader& reader) -> Status {
    TRY(part, reader.find({PartKind::rotation}));
    return {};
  }));
  ASSERT_TRUE(part);
  ASSERT_TRUE(vault->rotate().has_value());
  ASSERT_TRUE(make_memory_record_store(genuine)->write(
      [&](RecordWriter& writer) { return writer.put({PartKind::rotation}, *part); }));
  const auto other = *Vault::open(device.parts(genuine));
  EXPECT_EQ(code_of(other->unlock(answering("an old passcode"))), Code::vault_corrupted);
}

}  // namespace
}  // namespace latchkey::vault
