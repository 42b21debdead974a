// What the vault's tests share: cheap vaults, scripted users, files that go away.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "vault/key_stores/memory_key_store.h"
#include "vault/key_stores/passcode_key_store.h"
#include "vault/record_stores/inotify_path_watch.h"
#include "vault/record_stores/memory_record_store.h"
#include "vault/record_stores/sqlite_record_store.h"
#include "vault/vault.h"

namespace latchkey::vault::testing {

using MediumPtr = std::shared_ptr<MemoryMedium>;

// As the file lies there now.
inline MediumPtr copy_medium(const MediumPtr& medium) {
  MediumPtr copy = make_memory_medium();
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

// In memory where there is such a place: these tests wait for the disk thousands of times and prove nothing about it.
class TemporaryFolder final {
 public:
  TemporaryFolder() {
    std::filesystem::path parent = "/dev/shm";
    if (::access(parent.c_str(), W_OK) != 0) parent = std::filesystem::temp_directory_path();
    std::string name = (parent / "latchkey-vault-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path file(std::string_view name = "test.vault") const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// A user who always answers with that passcode.
inline Prompt answering(std::string_view passcode) {
  Prompt prompt;
  prompt.ask_passcode = [text = std::string(passcode)](PasscodeAsk) -> Result<Passcode> {
    return Passcode::copy_of(text);
  };
  return prompt;
}
inline RecordValue value_of(std::string_view text) { return RecordValue::copy_of(text); }
inline std::string text_of(const Result<RecordValue>& value) {
  return value ? std::string(value->reveal_text()) : "error: " + to_string(value.error());
}
template <class T>
Code code_of(const Result<T>& result) {
  return result ? Code{} : result.error().code;
}

inline constexpr DeviceSecret this_device{1};
inline constexpr DeviceSecret other_device{2};

// A device: its identity, its keys, its time. Vaults made from it share them.
struct Device {
  DeviceSecret identity = this_device;
  std::shared_ptr<MemoryKeys> keys = make_memory_keys();
  ManualClock clock;

  VaultParts parts(std::unique_ptr<RecordStore> records) const {
    std::vector<std::unique_ptr<KeyStore>> stores;
    stores.push_back(make_memory_key_store(keys));
    stores.push_back(make_passcode_key_store(crypto::argon2_min_cost));
    return {std::move(records), std::move(stores), make_fixed_identity(identity), clock};
  }
  VaultParts parts(const std::filesystem::path& file) const {
    return parts(make_sqlite_record_store(
        file, {.busy_timeout = std::chrono::seconds(20), .page_size = 512, .watch_path = watch_path_by_inotify}));
  }
  VaultParts parts(const std::shared_ptr<MemoryMedium>& medium) const {
    return parts(make_memory_record_store(medium));
  }
};

inline CreateOptions with_slots(std::initializer_list<SlotKind> kinds) {
  CreateOptions options;
  for (const SlotKind kind : kinds) options.slots.push_back({kind, std::string(name_of(kind))});
  return options;
}

template <class Place>
std::unique_ptr<Vault> make_vault(const Device& device, const Place& place, const CreateOptions& options,
                                  std::string_view passcode = "correct horse") {
  auto vault = Vault::create(device.parts(place), options, answering(passcode));
  EXPECT_TRUE(vault.has_value()) << to_string(vault.error());
  return *std::move(vault);
}
template <class Place>
std::unique_ptr<Vault> open_vault(const Device& device, const Place& place) {
  auto vault = Vault::open(device.parts(place));
  EXPECT_TRUE(vault.has_value()) << to_string(vault.error());
  return *std::move(vault);
}

}  // namespace latchkey::vault::testing
