// One vault in a folder of its own, and what is needed to do something to it in a process that dies, to put everything
// back, and to say in words what is there.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "tests/faults/interpose.h"
#include "tests/faults/signing_keys.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/exchange/age/keys.h"
#include "vault/vault.h"

namespace latchkey::faults {

using Files = std::map<std::string, Bytes>;  // by name, without the folder

class World {
 public:
  World();

  const std::filesystem::path& folder() const { return folder_; }
  const std::filesystem::path& file() const { return file_; }
  vault::VaultParts parts() const;
  const Clock& clock() const { return device_.clock; }
  Instant now() const { return device_.clock.now(); }
  void advance(std::chrono::milliseconds by) { device_.clock.advance(by); }
  // From now on there are a server and a chip that remember how far the vault has come.
  void use_outside() { has_outside_ = true; }
  // From now on keys may lie in one more store, and the passcode's slot is the first.
  void use_key_store(std::function<std::unique_ptr<vault::KeyStore>()> make) {
    make_key_store_ = std::move(make);
    slot_ = 1;
  }
  // From now on keys that sign are made there, not in software.
  void use_key_place(std::function<std::unique_ptr<vault::KeyPlace>()> make) { make_key_place_ = std::move(make); }
  Signer signer(vault::Vault& vault) const { return {vault, clock(), make_key_place_()}; }
  std::filesystem::path outside_file() const { return folder_ / "outside"; }
  // From now on the vault was restored from another device.
  void change_device() { device_.identity = vault::testing::other_device; }
  std::filesystem::path export_file() const { return folder_ / "export.age"; }
  // What opens the export.
  const vault::age::Identity& identity() const { return identity_; }

  // Without SQLite's shared memory, which no crash keeps.
  Files take_files() const;
  void put_files(const Files& files) const;

  Result<std::unique_ptr<vault::Vault>> open_unlocked(std::string_view passcode = right_passcode) const;
  Status unlock(vault::Vault& vault, std::string_view passcode) const;

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
  vault::age::Identity identity_ = vault::age::Identity::generate();
  bool has_outside_ = false;
  std::function<std::unique_ptr<vault::KeyStore>()> make_key_store_;
  std::function<std::unique_ptr<vault::KeyPlace>()> make_key_place_ = vault::make_software_place;
  std::optional<std::uint32_t> slot_;  // that open_unlocked() opens
};

// What a process that was forked tells, even when it is killed.
struct Told {
  static constexpr std::size_t most_kinds = 4096;

  std::uint64_t calls;                     // that fell under the plan
  std::uint64_t journal_size;              // entries when the operation was acknowledged
  bool is_begun;                           // the plan was armed
  bool is_acknowledged;                    // the operation returned ok
  std::int32_t code;                       // what it failed with
  std::int32_t later_code;                 // what the same vault answered afterwards, with the fault gone
  std::array<CallKind, most_kinds> kinds;  // of the calls, when it was not killed
};

// Runs `work` in a forked process. It gets a place in memory both can see.
Told run_forked(const std::function<void(Told&)>& work);
// The same for what is not killed: its answer.
std::string ask_forked(const std::function<std::string()>& work);

Bytes read_all(const std::filesystem::path& from);

}  // namespace latchkey::faults
