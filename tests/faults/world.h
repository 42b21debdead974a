// One vault in a folder of its own, and what is needed to do something to it in a process that dies, to put everything
// back, and to say in words what is there.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "tests/faults/interpose.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/vault.h"

namespace latchkey::faults {

using Files = std::map<std::string, Bytes>;  // by name, without the folder

class World {
 public:
  World();

  const std::filesystem::path& folder() const { return folder_; }
  const std::filesystem::path& file() const { return file_; }
  vault::VaultParts parts() const { return device_.parts(file_); }
  Instant now() const { return device_.clock.now(); }
  void advance(std::chrono::milliseconds by) { device_.clock.advance(by); }

  // Without SQLite's shared memory, which no crash keeps.
  Files take_files() const;
  void put_files(const Files& files) const;

  Result<std::unique_ptr<vault::Vault>> open_unlocked(std::string_view passcode = right_passcode) const;

  // What is there now, complete: opens, unlocks, verifies, reads every record. "nothing" without a vault; otherwise
  // lines such as "unlocks with ...", "slot ...", "record ...", or one line with the failure.
  std::string describe() const;

  static constexpr std::string_view right_passcode = "correct horse";
  static constexpr std::string_view new_passcode = "battery staple";

 private:
  vault::testing::TemporaryFolder place_;
  std::filesystem::path folder_;
  std::filesystem::path file_;
  vault::testing::Device device_;
};

// What a process that was forked tells, even when it is killed.
struct Told {
  std::uint64_t calls;         // that fell under the plan
  std::uint64_t journal_size;  // entries when the operation was acknowledged
  bool is_begun;               // the plan was armed
  bool is_acknowledged;        // the operation returned ok
  std::int32_t code;           // what it failed with
  std::int32_t later_code;     // what the same vault answered afterwards, with the fault gone
};

// Runs `work` in a forked process. It gets a place in memory both can see.
Told run_forked(const std::function<void(Told&)>& work);

}  // namespace latchkey::faults
