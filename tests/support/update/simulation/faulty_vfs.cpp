#include "tests/support/update/simulation/faulty_vfs.h"

namespace latchkey::update::testing {
namespace {

using Kind = FaultyVfs::Kind;

class FaultyFile final : public File {
 public:
  FaultyFile(FaultyVfs& vfs, std::unique_ptr<File> file, bool is_spoilt)
      : vfs_(vfs), file_(std::move(file)), is_spoilt_(is_spoilt) {}
  Result<std::uint64_t> size() override {
    TRY_DO(vfs_.may(Kind::looks));
    return file_->size();
  }
  Result<std::size_t> read(std::uint64_t offset, MutableBytes to) override {
    TRY_DO(vfs_.may(Kind::reads));
    if (is_spoilt_) return fail(Code::storage_failed, "simulated");
    return file_->read(offset, to);
  }
  Status write(std::uint64_t offset, ByteView bytes) override {
    const bool was_dead = vfs_.is_dead();
    const Status may = vfs_.may(Kind::changes);
    if (may) return file_->write(offset, bytes);
    const auto done = static_cast<std::size_t>(static_cast<double>(bytes.size()) * vfs_.share());
    if (!was_dead && done > 0) TRY_DO(file_->write(offset, bytes.first(done)));
    return may;
  }
  Status truncate(std::uint64_t size) override {
    TRY_DO(vfs_.may(Kind::changes));
    return file_->truncate(size);
  }
  Status sync() override {
    TRY_DO(vfs_.may(Kind::changes));
    return file_->sync();
  }

 private:
  FaultyVfs& vfs_;
  std::unique_ptr<File> file_;
  bool is_spoilt_;
};

}  // namespace

Status FaultyVfs::may(Kind kind) {
  if (is_dead_) return fail(Code::storage_failed, "killed");
  ++calls_;
  if (plan_.harm == DiskHarm::none || calls_ < plan_.at) return {};
  if (plan_.harm == DiskHarm::killed) {
    is_dead_ = true;
    return fail(Code::storage_failed, "killed");
  }
  if (calls_ - plan_.at >= plan_.calls) return {};
  if (plan_.harm == DiskHarm::full && kind != Kind::changes) return {};
  if (plan_.harm == DiskHarm::unreadable && kind != Kind::reads) return {};
  was_harmed_ = true;
  return plan_.harm == DiskHarm::full ? fail(Code::storage_full, "simulated") : fail(Code::storage_failed, "simulated");
}

Result<std::unique_ptr<File>> FaultyVfs::open(const std::string& path, OpenMode mode) {
  TRY_DO(may(mode == OpenMode::create ? Kind::changes : Kind::looks));
  TRY(auto file, disk_.open(path, mode));
  return std::make_unique<FaultyFile>(*this, std::move(file), spoilt_.contains(path));
}

Result<std::optional<std::uint64_t>> FaultyVfs::size_of(const std::string& path) {
  TRY_DO(may(Kind::looks));
  return disk_.size_of(path);
}

Status FaultyVfs::make_folder(const std::string& path) {
  TRY_DO(may(Kind::changes));
  return disk_.make_folder(path);
}

Status FaultyVfs::rename(const std::string& from, const std::string& to) {
  TRY_DO(may(Kind::changes));
  TRY_DO(disk_.rename(from, to));
  spoilt_.erase(to);
  if (spoilt_.erase(from) > 0) spoilt_.insert(to);
  return {};
}

// A full disk still lets files go.
Status FaultyVfs::remove(const std::string& path) {
  TRY_DO(may(Kind::looks));
  spoilt_.erase(path);
  return disk_.remove(path);
}

Result<std::vector<std::string>> FaultyVfs::list(const std::string& folder) {
  TRY_DO(may(Kind::looks));
  return disk_.list(folder);
}

Status FaultyVfs::sync_folder(const std::string& folder) {
  TRY_DO(may(Kind::changes));
  return disk_.sync_folder(folder);
}

Result<std::uint64_t> FaultyVfs::free_bytes() {
  TRY_DO(may(Kind::looks));
  return disk_.free_bytes();
}

}  // namespace latchkey::update::testing
