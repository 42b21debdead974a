// The power is cut after the calls of each operation in operations.cpp (all of a short one, evenly spread ones of a
// long one): bytes that were not synced are gone, or there in part.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "crypto/digest.h"
#include "tests/faults/disk_model.h"
#include "tests/faults/interruptions.h"

namespace latchkey::faults {
namespace {

constexpr int random_cuts = 3;  // at each call, besides all lost and all kept

class PowerCut : public Interruption {
 protected:
  bool is_allowed(const std::string& found, bool is_acknowledged) const override {
    if (operation().is_on_files) return Interruption::is_allowed(found, is_acknowledged);
    return is_allowed_apart_from_attempts(found, is_acknowledged);
  }
  std::map<std::string, std::uint64_t> inodes() const {
    std::map<std::string, std::uint64_t> found;
    for (const auto& [name, bytes] : files) {
      struct stat info{};
      EXPECT_EQ(::lstat((world.folder() / name).c_str(), &info), 0);
      found[name] = info.st_ino;
    }
    return found;
  }
  static std::vector<bool> writes_of(const std::vector<JournalEntry>& journal) {
    std::vector<bool> is_write;
    for (const JournalEntry& entry : journal) is_write.push_back(entry.deed == Deed::write);
    return is_write;
  }
  void cut(const DiskModel& disk, bool is_acknowledged, const std::string& where) {
    using enum DiskModel::Unsynced;
    std::vector<DiskModel::Unsynced> kinds{lost, kept};
    kinds.insert(kinds.end(), random_cuts, any_part);
    for (const auto unsynced : kinds) {
      const Files left = disk.cut_power(unsynced, random);
      if (!judged.emplace(digest_of(left), is_acknowledged).second) continue;
      world.put_files(left);
      judge(is_acknowledged, where + ", kind " + std::to_string(static_cast<int>(unsynced)));
      if (HasFatalFailure()) return;
    }
  }
  static crypto::Sha256Digest digest_of(const Files& files) {
    Bytes all;
    for (const auto& [name, bytes] : files) {
      append(all, as_bytes(name + "/" + std::to_string(bytes.size()) + "/"));
      append(all, bytes);
    }
    return crypto::sha256(all);
  }

  std::set<std::pair<crypto::Sha256Digest, bool>> judged;  // what a cut left: often the same as one before
  std::mt19937 random{20'261'121};
};
INSTANTIATE_TEST_SUITE_P(Every, PowerCut, ::testing::ValuesIn(all_cases()), name_of_case);

TEST_P(PowerCut, loses_nothing_acknowledged_and_leaves_nothing_by_halves) {
  world.put_files(files);
  const auto numbers = inodes();
  begin_journal();
  const Told told = run_forked([&](Told& in) { perform(world, operation(), {}, in); });
  const std::vector<JournalEntry> journal = read_journal();
  begin_journal();  // what comes now is of no interest
  const auto at_positions = positions(writes_of(journal), most_calls, most_within_a_row);
  DiskModel disk(files, numbers);
  auto next = at_positions.begin();
  for (std::uint64_t at = 1; at <= journal.size(); ++at) {
    disk.take(journal[at - 1]);
    if (next == at_positions.end() || *next != at) continue;
    ++next;
    cut(disk, at >= told.journal_size, "entry " + std::to_string(at));
    if (HasFatalFailure()) return;
  }
  print_runs("power cuts", at_positions.size(), journal.size());
}

}  // namespace
}  // namespace latchkey::faults
