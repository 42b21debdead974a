#include "update/state_slots.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/update/crash_states.h"
#include "update/device_secrets.h"
#include "update/state_codec.h"
#include "update/vfses/memory_vfs.h"

namespace latchkey::update {
namespace {

using testing::for_every_crash_state;
using testing::Names;

StateKey key_of(std::uint8_t byte) { return StateKey::copy_of(Bytes(32, byte)); }

BundleRecord full_record_of(std::uint8_t byte) {
  BundleRecord record;
  record.root.fill(byte);
  record.release = ReleaseId(ByteArray<16>{byte});
  record.sequence = byte;
  record.name = "1." + std::to_string(byte);
  record.native = {.min = {1, 2, 3}, .max = NativeVersion{2, 0, 0}, .fingerprints = {ByteArray<32>{byte}}};
  return record;
}

State full_state() {
  State state;
  state.phase = Phase::trial;
  state.current = full_record_of(3);
  state.previous = full_record_of(2);
  state.staged = full_record_of(4);
  state.tries = 1;
  state.shown_for = std::chrono::milliseconds(4'500);
  state.is_held = true;
  state.is_hashed = true;
  state.conditions = {{.kind = DelayKind::date, .at = from_unix_seconds(5)}, {.kind = DelayKind::kill}};
  state.block(full_record_of(9).root, Failure::not_ready);
  state.strike(full_record_of(8).root);
  state.crashes = {from_unix_seconds(7)};
  state.open_run = from_unix_seconds(8);
  state.versions = {{"root", 3}, {"snapshot", 12}};
  state.time_floor = from_unix_seconds(1'700'000'000);
  state.channel = "beta";
  state.reports = 17;
  state.sequences = {{"beta", 4}, {"stable", 40}};
  state.root = RootPin{4, ByteArray<32>{5}};
  return state;
}

TEST(StateCodec, reads_what_it_wrote) {
  const State state = full_state();
  const auto read = parse_state(print_state(state));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(*read, state);
  EXPECT_EQ(*parse_state(print_state({})), State{});
}

TEST(StateCodec, refuses_every_shortened_state) {
  const Bytes whole = print_state(full_state());
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(parse_state(ByteView(whole).first(size)));
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(parse_state(longer));
}

TEST(StateCodec, a_full_state_fits_a_slot) {
  State state = full_state();
  for (int i = 0; i < 200; ++i) state.block(TreeRoot{static_cast<std::uint8_t>(i), 1}, Failure::crash);
  for (auto* record : {&*state.current, &*state.previous, &*state.staged}) {
    record->native.fingerprints.assign(64, {});
    record->name.assign(255, 'x');
  }
  for (int i = 0; i < 32; ++i) state.versions["ch-" + std::string(32, 'x') + std::to_string(100 + i)] = 1;
  while (state.versions.size() > State::max_versions) state.versions.erase(state.versions.begin());
  state.crashes.assign(State::max_crashes, {});
  state.conditions.assign(State::max_conditions, {});
  EXPECT_EQ(state.bad.size(), State::max_bad);
  const crypto::HmacKey key(Bytes(32, 1));
  EXPECT_LT(print_state(state).size() + 64, state_slot_size);
  EXPECT_EQ(parse_slot(print_slot({1, state}, key), key)->state, state);
}

TEST(StateSlots, begin_fresh_and_alternate) {
  MemoryVfs vfs;
  auto slots = StateSlots::load(vfs, key_of(1));
  ASSERT_TRUE(slots);
  EXPECT_EQ(slots->loaded(), Loaded::fresh);
  State state;
  for (state.reports = 1; state.reports <= 5; ++state.reports) {
    ASSERT_TRUE(slots->save(state));
    const auto again = StateSlots::load(vfs, key_of(1));
    EXPECT_EQ(again->state().reports, state.reports);
    EXPECT_EQ(again->loaded(), Loaded::found);
  }
  EXPECT_EQ(vfs.image().files.size(), 2U);
}

TEST(StateSlots, a_torn_newer_slot_leaves_the_older_one_and_is_written_next) {
  MemoryVfs vfs;
  auto slots = StateSlots::load(vfs, key_of(1));
  State state;
  for (state.reports = 1; state.reports <= 2; ++state.reports) ASSERT_TRUE(slots->save(state));
  Image image = vfs.image();
  image.files["state.b"][20] ^= 1;
  MemoryVfs torn(image);
  auto recovered = StateSlots::load(torn, key_of(1));
  EXPECT_EQ(recovered->loaded(), Loaded::recovered);
  EXPECT_EQ(recovered->state().reports, 1U);
  state.reports = 3;
  ASSERT_TRUE(recovered->save(state));
  EXPECT_EQ(torn.image().files["state.a"], image.files["state.a"]);
  EXPECT_EQ(StateSlots::load(torn, key_of(1))->state().reports, 3U);
}

TEST(StateSlots, of_another_device_or_altered_are_lost_not_believed) {
  MemoryVfs vfs;
  ASSERT_TRUE(StateSlots::load(vfs, key_of(1))->save(full_state()));
  const auto foreign = StateSlots::load(vfs, key_of(2));
  EXPECT_EQ(foreign->loaded(), Loaded::lost);
  EXPECT_EQ(foreign->state(), State{});
  const crypto::HmacKey key(Bytes(32, 1));
  EXPECT_EQ(parse_slot(vfs.image().files["state.a"], crypto::HmacKey(Bytes(32, 2))).error().code,
            Code::authentication_failed);
}

TEST(StateSlots, every_flipped_bit_of_a_slot_is_noticed) {
  const crypto::HmacKey key(Bytes(32, 1));
  const SlotContents contents{5, full_state()};
  Bytes slot = print_slot(contents, key);
  const std::size_t used = 4 + 1 + 8 + 4 + print_state(contents.state).size() + 4 + 32;
  for (std::size_t at = 0; at < used; ++at) {
    slot[at] ^= 0x10;
    EXPECT_FALSE(parse_slot(slot, key)) << at;
    slot[at] ^= 0x10;
  }
}

TEST(StateSlots, a_full_disk_does_not_keep_a_bad_bundle_from_being_given_up) {
  MemoryVfs vfs;
  auto slots = StateSlots::load(vfs, key_of(1));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(slots->save({}));
  const std::size_t journal_before = vfs.journal().size();
  ASSERT_TRUE(slots->save(full_state()));
  ASSERT_TRUE(StateSlots::load(vfs, key_of(1))->save(full_state())) << "and the next process does";
  for (std::size_t i = journal_before; i < vfs.journal().size(); ++i) {
    const JournalEntry entry = vfs.journal()[i];
    EXPECT_TRUE(entry.deed == Deed::write || entry.deed == Deed::sync || entry.deed == Deed::sync_folder);
    EXPECT_LE(entry.offset + entry.data.size(), state_slot_size);  // in place: nothing grows
  }
}

// --- processes that are killed, and then the power ---

// A process: counts on from what it finds, `saves` times. Tells what it found and the last number that was durable.
struct Counted {
  Loaded found = Loaded::fresh;
  std::uint64_t loaded = 0, durable = 0;
};
Counted count_on(Vfs& vfs, int saves) {
  Counted counted;
  const auto secrets = open_device_secrets(vfs);
  if (!secrets) return counted;
  auto slots = StateSlots::load(vfs, secrets->state_key);
  if (!slots) return counted;
  counted.found = slots->loaded();
  counted.loaded = slots->state().reports;
  for (int i = 0; i < saves; ++i) {
    State state = slots->state();
    ++state.reports;
    if (slots->save(state)) counted.durable = state.reports;
  }
  return counted;
}

// Lets `changes` happen, and then nothing.
void kill_after(MemoryVfs& vfs, std::size_t changes) {
  vfs.refuse([changes, done = std::size_t{0}](Deed, const std::string&) mutable {
    const bool is_dead = done++ >= changes;
    return is_dead ? std::optional(MemoryVfs::Refusal{{Code::storage_failed, "killed"}}) : std::nullopt;
  });
}

class KilledTwice : public ::testing::TestWithParam<Names> {
 protected:
  static constexpr int saves = 3;

  // A process is killed after so many changes, the next one goes on, and the power is cut at any time in that. Tells
  // whether the first one had done all it had to.
  bool for_every_end_after(std::size_t changes,
                           const std::function<void(const Image& left, std::uint64_t durable)>& judge) {
    MemoryVfs vfs;
    kill_after(vfs, changes);
    const std::uint64_t before = count_on(vfs, saves).durable;
    vfs.refuse({});
    const std::size_t killed_at = vfs.journal().size();
    const std::uint64_t after = count_on(vfs, 1).durable;
    for_every_crash_state({}, vfs.journal(), GetParam(), [&](const Image& image, std::size_t done) {
      if (done >= killed_at) judge(image, done == vfs.journal().size() ? after : before);
    });
    return before == saves;
  }
};
INSTANTIATE_TEST_SUITE_P(Of, KilledTwice, ::testing::Values(Names::in_order, Names::any_subset),
                         [](const auto& info) { return info.param == Names::in_order ? "ordered" : "any_subset"; });

TEST_P(KilledTwice, and_cut_off_leave_the_state_or_a_new_installation_and_never_a_lost_one) {
  std::size_t states = 0, lost = 0, forgotten = 0;
  const auto judge = [&](const Image& image, std::uint64_t durable) {
    MemoryVfs left(image);
    const Counted now = count_on(left, 0);
    ++states;
    lost += now.found == Loaded::lost ? 1 : 0;
    forgotten += now.loaded < durable ? 1 : 0;
  };
  for (std::size_t changes = 0; !for_every_end_after(changes, judge); ++changes) {
  }
  EXPECT_EQ(lost, 0U);
  EXPECT_EQ(forgotten, 0U);
  std::printf("states after a kill and a power cut: %zu\n", states);
}

// Tells of a write to one slot while the other one is not on the disk. A sync that fails is told once: what it had to
// write is not on the disk, and no later sync writes it.
class ForgetfulDisk {
 public:
  enum class Next { works, fails, is_killed };
  Next next_sync = Next::works;
  bool has_risked = false;

  std::optional<MemoryVfs::Refusal> operator()(Deed deed, const std::string& path) {
    if (is_dead_) return killed();
    if (!path.starts_with("state.")) return std::nullopt;
    if (deed == Deed::write) write(path);
    return deed == Deed::sync ? sync(path) : std::nullopt;
  }
  void begin_process() { is_dead_ = false; }

 private:
  static MemoryVfs::Refusal killed() { return {{Code::storage_failed, "killed"}}; }
  void write(const std::string& path) {
    has_risked = has_risked || missing_.contains(path == "state.a" ? "state.b" : "state.a");
    missing_.insert(path);
    dirty_.insert(path);
  }
  std::optional<MemoryVfs::Refusal> sync(const std::string& path) {
    const Next now = std::exchange(next_sync, Next::works);
    is_dead_ = now == Next::is_killed;
    if (is_dead_) return killed();
    const bool was_dirty = dirty_.erase(path) > 0;
    if (now == Next::fails) return MemoryVfs::Refusal{{Code::storage_failed, "EIO"}};
    if (was_dirty) missing_.erase(path);
    return std::nullopt;
  }

  std::set<std::string> dirty_, missing_;
  bool is_dead_ = false;
};

Status save_count(StateSlots& slots, std::uint64_t reports) {
  State state = slots.state();
  state.reports = reports;
  return slots.save(state);
}

class FailedSync : public ::testing::Test {
 protected:
  FailedSync() {
    vfs.refuse(std::ref(disk));
    StateSlots first = load();
    for (const int reports : {1, 2}) EXPECT_TRUE(save_count(first, static_cast<std::uint64_t>(reports)));
  }
  StateSlots load() {
    disk.begin_process();
    return StateSlots::load(vfs, key_of(1)).value();
  }
  MemoryVfs vfs;
  ForgetfulDisk disk;
};

TEST_F(FailedSync, of_what_a_killed_process_wrote_leaves_one_slot_on_the_disk_at_any_time) {
  for (const bool tries_again : {true, false}) {
    StateSlots killed = load();
    ASSERT_TRUE(killed.settle());
    disk.next_sync = ForgetfulDisk::Next::is_killed;
    EXPECT_FALSE(save_count(killed, 3));
    StateSlots slots = load();
    EXPECT_EQ(slots.state().reports, 3U);
    disk.next_sync = ForgetfulDisk::Next::fails;
    EXPECT_FALSE(save_count(slots, 4));
    StateSlots next = tries_again ? std::move(slots) : load();
    ASSERT_TRUE(save_count(next, 5));
    EXPECT_FALSE(disk.has_risked) << tries_again;
    EXPECT_EQ(load().state().reports, 5U);
  }
}

TEST_F(FailedSync, of_a_save_is_no_danger_to_the_process_after_which_finds_it_saved) {
  StateSlots slots = load();
  ASSERT_TRUE(slots.settle());
  disk.next_sync = ForgetfulDisk::Next::fails;
  EXPECT_FALSE(save_count(slots, 3));
  StateSlots next = load();
  EXPECT_EQ(next.state().reports, 3U);
  ASSERT_TRUE(save_count(next, 4));
  EXPECT_FALSE(disk.has_risked);
}

TEST(StateSlots, that_were_there_and_are_damaged_are_lost_also_when_only_one_was) {
  for (const int slots : {1, 2}) {
    MemoryVfs vfs;
    ASSERT_EQ(count_on(vfs, slots).durable, static_cast<std::uint64_t>(slots));
    for (const unsigned size : {0U, 40U}) {
      Image image = vfs.image();
      for (auto& [path, bytes] : image.files)
        if (path.starts_with("state.")) bytes.resize(size);
      MemoryVfs damaged(image);
      EXPECT_EQ(count_on(damaged, 2).found, Loaded::lost);
      EXPECT_EQ(count_on(damaged, 0).found, Loaded::found) << "and whole again";
    }
  }
}

}  // namespace
}  // namespace latchkey::update
