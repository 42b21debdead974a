// Older copies of the whole file, put back where an anchor can tell.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/vault/test_vaults.h"
#include "vault/rollback_anchors/memory_rollback_anchor.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::Device;
using testing::TemporaryFolder;
using testing::text_of;
using testing::value_of;
using testing::with_slots;
namespace fs = std::filesystem;

class Anchored : public ::testing::Test {
 protected:
  TemporaryFolder folder;
  fs::path file = folder.file();
  Device device;
  std::shared_ptr<MemoryCounters> counters = make_memory_counters();

  VaultParts parts() {
    VaultParts made = device.parts(file);
    made.anchor = make_memory_rollback_anchor(counters);
    return made;
  }
  std::unique_ptr<Vault> make() {
    CreateOptions options = with_slots({SlotKind::in_memory});
    options.is_anchored = true;
    auto vault = Vault::create(parts(), options, {});
    EXPECT_TRUE(vault.has_value()) << to_string(vault.error());
    return *std::move(vault);
  }
  // A process: opens, unlocks, and writes something if it has a value.
  Status run(std::optional<std::string_view> value) {
    TRY(const auto vault, Vault::open(parts()));
    TRY_DO(vault->unlock({}));
    if (!value) return {};
    return vault->set("a", value_of(*value));
  }
  void keep() { fs::copy_file(file, folder.file("kept"), fs::copy_options::overwrite_existing); }
  void put_back() { fs::copy_file(folder.file("kept"), file, fs::copy_options::overwrite_existing); }
};

TEST_F(Anchored, a_vault_works_as_any_other) {
  make()->set("a", value_of("1"));
  for (const char* value : {"2", "3", "4"}) ASSERT_EQ(code_of(run(value)), Code{});
  const auto vault = Vault::open(parts());
  EXPECT_TRUE((*vault)->status()->is_anchored);
  ASSERT_TRUE((*vault)->unlock({}).has_value());
  EXPECT_EQ(text_of((*vault)->get("a")), "4");
}

TEST_F(Anchored, an_older_copy_is_told_by_a_process_that_never_saw_the_newer) {
  make();
  ASSERT_EQ(code_of(run("old")), Code{});
  keep();
  ASSERT_EQ(code_of(run("new")), Code{});
  put_back();
  EXPECT_EQ(code_of(run(std::nullopt)), Code::vault_rolled_back);
  EXPECT_EQ(code_of(run("never")), Code::vault_rolled_back);
}

TEST_F(Anchored, reading_counts_nothing_up_and_a_copy_of_the_newest_is_fine) {
  make();
  ASSERT_EQ(code_of(run("old")), Code{});
  keep();
  ASSERT_EQ(code_of(run(std::nullopt)), Code{});
  put_back();
  EXPECT_EQ(code_of(run("new")), Code{});
}

TEST_F(Anchored, an_anchor_that_did_not_follow_is_counted_up_by_the_next) {
  const auto vault = make();
  vault->lock();
  ASSERT_TRUE(vault->unlock({}).has_value());
  // The anchor goes away between the commit and the count: a crash seen from the file.
  Status wrote;
  {
    struct Interrupted final : RollbackAnchor {
      std::unique_ptr<RollbackAnchor> real;
      Result<Anchor> create() override { return real->create(); }
      Result<AnchorCount> read(ByteView parameters) override { return real->read(parameters); }
      Result<AnchorCount> increment(ByteView) override { return fail(Code::temporarily_unavailable); }
      Status remove(ByteView parameters) override { return real->remove(parameters); }
    };
    auto interrupted = std::make_unique<Interrupted>();
    interrupted->real = make_memory_rollback_anchor(counters);
    VaultParts made = device.parts(file);
    made.anchor = std::move(interrupted);
    const auto other = Vault::open(std::move(made));
    ASSERT_TRUE((*other)->unlock({}).has_value());
    wrote = (*other)->set("a", value_of("1"));
  }
  EXPECT_TRUE(wrote.has_value());  // durable, whatever the anchor does
  ASSERT_EQ(code_of(run("2")), Code{});
  ASSERT_EQ(code_of(run("3")), Code{});
  EXPECT_TRUE(vault->set("b", value_of("1")).has_value());
  EXPECT_EQ(code_of(run("4")), Code{});
}

TEST_F(Anchored, without_its_anchor_nothing_opens_and_nothing_is_lost) {
  make()->set("a", value_of("1"));
  const auto alone = Vault::open(device.parts(file));
  EXPECT_EQ(code_of((*alone)->unlock({})), Code::unsupported);
  set_available(*counters, false);
  EXPECT_EQ(code_of(run(std::nullopt)), Code::temporarily_unavailable);
  set_available(*counters, true);
  EXPECT_EQ(code_of(run(std::nullopt)), Code{});
}

TEST_F(Anchored, the_user_may_accept_what_is_there) {
  make();
  ASSERT_EQ(code_of(run("old")), Code{});
  keep();
  ASSERT_EQ(code_of(run("new")), Code{});
  put_back();
  {
    const auto vault = Vault::open(parts());
    EXPECT_EQ(code_of((*vault)->unlock({})), Code::vault_rolled_back);
    ASSERT_TRUE((*vault)->accept_rollback({}).has_value());
    EXPECT_EQ(text_of((*vault)->get("a")), "old");
    ASSERT_TRUE((*vault)->set("a", value_of("newer")).has_value());
  }
  EXPECT_EQ(code_of(run("newest")), Code{});
  put_back();  // names the anchor that is gone
  EXPECT_EQ(code_of(run(std::nullopt)), Code::key_missing);
  clear_all(*counters);
  const auto vault = Vault::open(parts());
  EXPECT_TRUE((*vault)->accept_rollback({}).has_value());
}

TEST_F(Anchored, an_anchor_taken_out_of_the_file_is_noticed) {
  make();
  const auto records = make_sqlite_record_store(file, {.page_size = 512});
  ASSERT_TRUE(records->write([](RecordWriter& writer) { return writer.remove({PartKind::anchor}); }).has_value());
  EXPECT_EQ(code_of(run(std::nullopt)), Code::vault_corrupted);
}

TEST_F(Anchored, anchors_that_others_put_or_took_away_stop_no_process_that_is_unlocked) {
  const auto anchored = make();
  {
    const auto other = Vault::open(device.parts(file));  // without a device for anchors
    ASSERT_TRUE((*other)->accept_rollback({}).has_value());
    EXPECT_FALSE((*other)->status()->is_anchored);
    EXPECT_TRUE(anchored->set("a", value_of("1")).has_value());  // its first write
    {
      const auto third = Vault::open(parts());
      ASSERT_TRUE((*third)->accept_rollback({}).has_value());
    }
    EXPECT_EQ(text_of((*other)->get("a")), "1");
    EXPECT_EQ(code_of((*other)->set("a", value_of("2"))), Code::unsupported);
  }
  EXPECT_TRUE(anchored->set("b", value_of("3")).has_value());
  ASSERT_EQ(code_of(run("4")), Code{});
  EXPECT_TRUE(anchored->verify().has_value());
}

TEST_F(Anchored, processes_that_write_in_turns_agree) {
  const auto first = make();
  const auto second = Vault::open(parts());
  ASSERT_TRUE((*second)->unlock({}).has_value());
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(first->set("a", value_of("1")).has_value());
    EXPECT_TRUE((*second)->set("a", value_of("2")).has_value());
    first->lock();
    EXPECT_TRUE(first->unlock({}).has_value());
  }
}

}  // namespace
}  // namespace latchkey::vault
