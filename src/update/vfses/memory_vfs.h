// The Vfs in memory, for tests: it keeps a journal of every change, can refuse calls, and can be made of any state a
// crash may leave.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "update/vfs.h"

namespace latchkey::update {

// A disk's contents at one time.
struct Image {
  std::map<std::string, Bytes> files;
  std::set<std::string> folders;
  friend bool operator==(const Image&, const Image&) = default;
};

enum class Deed { create, write, truncate, sync, make_folder, sync_folder, rename, remove };
struct JournalEntry {
  Deed deed;
  std::uint64_t file = 0;  // number of the file, which outlives its names
  std::string path = {};   // of create, folders, rename (from), remove
  std::string other = {};  // of rename (to)
  std::uint64_t offset = 0;
  Bytes data = {};
};

// Thread-safe.
class MemoryVfs final : public Vfs {
 public:
  explicit MemoryVfs(Image image = {});
  ~MemoryVfs() override;

  Image image() const;
  std::vector<JournalEntry> journal() const;
  // Asked before each change; an error refuses it. `share` below 1 lets a write do that part of its bytes before.
  struct Refusal {
    Error error;
    double share = 0;
  };
  void refuse(std::function<std::optional<Refusal>(Deed deed, const std::string& path)> rule);
  void set_free_bytes(std::uint64_t bytes);

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::optional<std::uint64_t>> size_of(const std::string& path) override;
  Status make_folder(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Status sync_folder(const std::string& folder) override;
  Result<std::uint64_t> free_bytes() override;
  Result<std::unique_ptr<FolderLock>> lock() override;

  struct Disk;

 private:
  std::shared_ptr<Disk> disk_;  // open files keep it, too
};

}  // namespace latchkey::update
