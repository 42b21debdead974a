// A Vfs whose calls fail as disks do, or end with the process: at one call, or from one on. A dead one does nothing any
// more, whatever is asked of it.
#pragma once

#include <limits>
#include <set>

#include "update/vfs.h"

namespace latchkey::update::testing {

enum class DiskHarm {
  none,
  failing,     // every call
  unreadable,  // reading what files hold
  full,        // what wants space
  killed,
};

struct DiskPlan {
  DiskHarm harm = DiskHarm::none;
  std::size_t at = 0;     // which call, from 1
  std::size_t calls = 1;  // so many of them; of `killed` all from there
  double share = 0;       // of its bytes a write that is hit still does
};

class FaultyVfs final : public Vfs {
 public:
  // `disk` outlives it, and so do its files.
  explicit FaultyVfs(Vfs& disk, const DiskPlan& plan = {}) : disk_(disk), plan_(plan) {}

  void set(const DiskPlan& plan) {
    plan_ = plan;
    calls_ = 0;
  }
  // What this file holds cannot be read any more, for good; another one may take its name.
  void spoil(const std::string& path) { spoilt_.insert(path); }
  // The process is killed now.
  void die() { is_dead_ = true; }
  bool is_dead() const { return is_dead_; }
  bool was_harmed() const { return was_harmed_ || is_dead_; }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::optional<std::uint64_t>> size_of(const std::string& path) override;
  Status make_folder(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Status sync_folder(const std::string& folder) override;
  Result<std::uint64_t> free_bytes() override;
  Result<std::unique_ptr<FolderLock>> lock() override { return disk_.lock(); }

  // Counts a call.
  enum class Kind { reads, looks, changes };
  Status may(Kind kind);
  double share() const { return plan_.share; }

 private:
  Vfs& disk_;
  DiskPlan plan_;
  std::set<std::string> spoilt_;
  std::size_t calls_ = 0;
  bool is_dead_ = false;
  bool was_harmed_ = false;
};

}  // namespace latchkey::update::testing
