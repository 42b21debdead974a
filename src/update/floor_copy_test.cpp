// The copy of the floor outside the engine's folder: what deleting or putting back the folder does not undo.
#include "update/floor_copy.h"

#include <gtest/gtest.h>

#include "http/server/loopback_client.h"
#include "tests/support/update/test_device.h"

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;
using testing::AppRepository;
using testing::TestDevice;

Floor floor_with(std::uint64_t root, std::uint64_t timestamp, std::int64_t seconds) {
  return {{{"root", root}, {"snapshot", timestamp}, {"timestamp", timestamp}}, from_unix_seconds(seconds), {}};
}

Floor floor_of_releases(std::map<std::string, std::uint64_t> sequences) {
  return {{{"root", 1}}, {}, std::move(sequences)};
}

TEST(Floor, reads_what_it_wrote_and_nothing_else) {
  Floor floor = floor_with(3, 70, 1'800'000'000);
  for (int i = 0; i < 8; ++i) floor.sequences[std::string(31, 'x') + std::to_string(i)] = 17;
  const Bytes bytes = print_floor(floor);
  EXPECT_EQ(*parse_floor(bytes), floor);
  EXPECT_LE(bytes.size(), 512U);
  EXPECT_EQ(*parse_floor(print_floor({})), Floor{});
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(parse_floor(ByteView(bytes).first(size)));
  Bytes other = bytes;
  other.push_back(0);
  EXPECT_EQ(parse_floor(other).error().code, Code::storage_corrupted);
  other = bytes;
  other[0] = 2;
  EXPECT_EQ(parse_floor(other).error().code, Code::future_version);
  other = bytes;
  other[1] = 0xFF;  // a time that nothing prints
  EXPECT_EQ(parse_floor(other).error().code, Code::storage_corrupted);
}

Floor higher(const Floor& a, const Floor& b) { return merge_floors(a, b, "stable"); }

TEST(Floor, of_two_the_higher_holds_and_a_new_root_begins_anew) {
  EXPECT_EQ(higher(floor_with(1, 5, 10), floor_with(1, 9, 7)), floor_with(1, 9, 10));
  EXPECT_EQ(higher(floor_with(2, 1, 10), floor_with(1, 99, 20)), floor_with(2, 1, 10));
  EXPECT_EQ(higher(floor_with(1, 99, 20), floor_with(2, 1, 10)), floor_with(2, 1, 10));
  EXPECT_EQ(higher({}, floor_with(1, 2, 3)), floor_with(1, 2, 3));
  EXPECT_EQ(higher(floor_of_releases({{"beta", 3}, {"stable", 9}}), floor_of_releases({{"a", 1}, {"stable", 7}})),
            floor_of_releases({{"a", 1}, {"beta", 3}, {"stable", 9}}));
  EXPECT_TRUE(higher(floor_of_releases({{"stable", 9}}), floor_with(2, 1, 1)).sequences.empty());
}

TEST(Floor, of_too_many_channels_the_one_in_use_is_never_dropped_and_the_others_are_the_same_everywhere) {
  std::map<std::string, std::uint64_t> many;
  for (char name = 'a'; name < 'i'; ++name) many[std::string(1, name)] = 5;
  for (const std::string in_use : {"0", "a", "h", "z"}) {
    auto one_more = many;
    one_more[in_use == "a" || in_use == "h" ? "d2" : in_use] = 7;
    auto kept = one_more;
    drop_excess_channels(kept, in_use);
    EXPECT_EQ(kept.size(), State::max_channels);
    EXPECT_TRUE(kept.contains(in_use)) << in_use;
    EXPECT_FALSE(kept.contains(in_use == "h" ? "g" : "h")) << in_use;
    EXPECT_EQ(merge_floors(floor_of_releases(one_more), floor_of_releases(many), in_use).sequences, kept) << in_use;
    EXPECT_EQ(merge_floors(floor_of_releases(kept), floor_of_releases(many), in_use).sequences, kept) << in_use;
  }
}

TEST(Floor, names_of_channels_are_in_order_and_names) {
  for (const char* name : {"", "Stable", "a/b"})
    EXPECT_EQ(parse_floor(print_floor(floor_of_releases({{name, 1}}))).error().code, Code::storage_corrupted) << name;
  Bytes bytes = print_floor(floor_of_releases({{"a", 1}, {"b", 2}}));
  bytes[bytes.size() - 9] = 'a';
  EXPECT_EQ(parse_floor(bytes).error().code, Code::storage_corrupted) << "twice";
}

// Where a host would use its vault.
class MemoryFloorCopy final : public FloorCopy {
 public:
  Result<std::optional<Bytes>> load() override {
    if (is_locked) return fail(Code::vault_locked);
    return kept;
  }
  Status save(ByteView floor) override {
    if (is_locked) return fail(Code::vault_locked);
    kept = Bytes(floor.begin(), floor.end());
    return {};
  }
  std::optional<Bytes> kept;
  bool is_locked = false;
};

class CopiedFloor : public ::testing::Test {
 protected:
  void SetUp() override {
    device.config.floor_copy = &copy;
    repository.publish(1);
    old = repository.tuf.metadata;
    old_targets = repository.tuf.target_files;
  }
  // What the repository was like before the last releases.
  void replay() {
    const std::lock_guard lock(repository.mutex);
    repository.metadata = old;
    repository.targets = old_targets;
  }
  void update_and_lose_the_folder() {
    device.start();
    device.update();
    repository.publish(2);
    device.update();
    device.stop();
    std::filesystem::remove_all(device.data());
    replay();
  }

  AppRepository repository{from_unix_seconds(1'800'000'000)};
  http::LoopbackClient client{repository.router};
  TestDevice device{repository, client};
  MemoryFloorCopy copy;
  std::map<std::string, Bytes> old, old_targets;
};

TEST_F(CopiedFloor, a_deleted_folder_does_not_make_old_metadata_new) {
  update_and_lose_the_folder();
  device.start();
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_rolled_back);
  EXPECT_EQ(device.runs(), 0);
  repository.put_metadata();
  device.update();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(CopiedFloor, without_a_copy_it_does) {
  device.config.floor_copy = nullptr;
  update_and_lose_the_folder();
  device.start();
  EXPECT_EQ(device.check(), CheckKind::available);
}

TEST_F(CopiedFloor, an_older_folder_put_back_is_no_excuse_either) {
  device.start();
  device.update();
  device.stop();
  const auto kept = device.data().parent_path() / "kept";
  std::filesystem::copy(device.data(), kept, std::filesystem::copy_options::recursive);
  device.start();
  repository.publish(2);
  device.update();
  device.stop();
  std::filesystem::remove_all(device.data());
  std::filesystem::rename(kept, device.data());
  replay();
  device.start();
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_rolled_back);
}

TEST_F(CopiedFloor, a_folder_that_knows_nothing_waits_for_a_copy_that_does_not_answer) {
  update_and_lose_the_folder();
  copy.is_locked = true;
  device.start();
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::vault_locked);
  copy.is_locked = false;
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_rolled_back);
}

TEST_F(CopiedFloor, a_copy_that_is_locked_meanwhile_holds_nothing_up_and_is_written_later) {
  device.start();
  device.update();
  const auto before = copy.kept;
  copy.is_locked = true;
  repository.publish(2);
  device.update();
  EXPECT_EQ(copy.kept, before);
  copy.is_locked = false;
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(*parse_floor(*copy.kept), floor_of(device.engine().state()));
}

TEST_F(CopiedFloor, a_time_once_known_is_not_forgotten_with_the_folder) {
  update_and_lose_the_folder();
  repository.put_metadata();
  device.clock.advance(-24h * 20);
  device.start();
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_GE(device.engine().state().time_floor, parse_floor(*copy.kept)->time);
}

// Online keys in the wrong hands can say as late a time as the root allows; the publisher's answer is another root.
TEST_F(CopiedFloor, a_time_that_stolen_online_keys_made_up_ends_with_the_next_root) {
  device.start();
  device.update();
  auto& tuf = repository.tuf;
  tuf.targets.expires = tuf.root.expires;
  const auto good = repository.policy;
  const auto expires = tuf.timestamp.expires;
  tuf.timestamp.expires = tuf.snapshot.expires = tuf.now() + 24h * 365'000;
  repository.policy.issued = std::chrono::floor<std::chrono::seconds>(tuf.now() + 24h * 300'000);
  repository.publish_channels();
  repository.publish_policy();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_LT(device.engine().state().time_floor, tuf.root.expires) << "after that there is no root to believe it under";
  repository.policy.issued = std::chrono::floor<std::chrono::seconds>(tuf.root.expires - 2s);
  repository.publish_policy();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(device.engine().state().time_floor, Instant(repository.policy.issued));

  repository.policy = good;
  tuf.timestamp.expires = tuf.snapshot.expires = expires;
  repository.publish(2);
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_expired);
  device.stop();
  std::filesystem::remove_all(device.data());  // nor does installing anew help
  device.start();
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_expired);

  tuf.root.version = 2;
  tuf.set_role("snapshot", {"snapshot of our own again"}, 1);
  tuf.set_role("timestamp", {"timestamp of our own again"}, 1);
  tuf.publish_root();
  repository.publish(3);
  device.update();
  EXPECT_EQ(device.runs(), 3);
  EXPECT_LE(device.engine().state().time_floor, device.clock.now());
  device.stop();
  std::filesystem::remove_all(device.data());
  device.start();
  EXPECT_EQ(device.check(), CheckKind::available);
}

// Snapshots name any channel file that was ever signed, and online keys make as many of them as they like.
TEST_F(CopiedFloor, an_old_release_under_a_newer_snapshot_of_stolen_online_keys_is_told_by_its_number) {
  device.start();
  device.update();
  auto& tuf = repository.tuf;
  const std::int64_t version = tuf.roles.at("ch-stable").version;
  repository.publish(2);
  device.update();
  tuf.snapshot.roles["ch-stable"] =
      test::tuf::describe(version, tuf.metadata.at(std::to_string(version) + ".ch-stable.json"));
  ++tuf.snapshot.version;
  tuf.publish_snapshot();
  ++tuf.timestamp.version;
  tuf.publish_timestamp();
  repository.put_metadata();
  device.stop();
  for (const bool is_folder_there : {true, false}) {
    std::filesystem::remove_all(is_folder_there ? device.data() / "meta" : device.data());
    device.start();
    ASSERT_EQ(device.check(), CheckKind::no_answer);
    EXPECT_EQ(device.last.error->code, Code::metadata_rolled_back);
    device.stop();
  }
}

TEST_F(CopiedFloor, what_is_no_floor_is_written_anew_but_not_what_a_newer_engine_wrote) {
  copy.kept = Bytes{1, 2, 3};
  device.start();
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_TRUE(parse_floor(*copy.kept));
  copy.kept->at(0) = 9;
  device.stop();
  std::filesystem::remove_all(device.data());
  device.start();
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::future_version);
  EXPECT_EQ(copy.kept->at(0), 9);
}

}  // namespace
}  // namespace latchkey::update
