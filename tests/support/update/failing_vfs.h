// The real files, with one call that changes something going wrong: refused, done by half, or the end of the process.
#pragma once

#include <csignal>
#include <functional>

#include "update/vfs.h"

namespace latchkey::update::testing {

enum class Trouble { none, kill_before, kill_half, kill_after, io_error, disk_full, half_then_full };

class FailingVfs final : public Vfs {
 public:
  // The `at`-th changing call, from 1. `inner` outlives it.
  FailingVfs(Vfs& inner, Trouble trouble, int at) : inner_(inner), trouble_(trouble), at_(at) {}
  int calls() const { return calls_; }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    if (mode != OpenMode::create) return wrap(inner_.open(path, mode));
    return around<Result<std::unique_ptr<File>>>([&] { return wrap(inner_.open(path, mode)); });
  }
  Result<std::optional<std::uint64_t>> size_of(const std::string& path) override { return inner_.size_of(path); }
  Status make_folder(const std::string& path) override {
    return around<Status>([&] { return inner_.make_folder(path); });
  }
  Status rename(const std::string& from, const std::string& to) override {
    return around<Status>([&] { return inner_.rename(from, to); });
  }
  Status remove(const std::string& path) override {
    return around<Status>([&] { return inner_.remove(path); });
  }
  Result<std::vector<std::string>> list(const std::string& folder) override { return inner_.list(folder); }
  Status sync_folder(const std::string& folder) override {
    return around<Status>([&] { return inner_.sync_folder(folder); });
  }
  Result<std::uint64_t> free_bytes() override { return inner_.free_bytes(); }
  Result<std::unique_ptr<FolderLock>> lock() override { return inner_.lock(); }

 private:
  class FailingFile final : public File {
   public:
    FailingFile(FailingVfs& vfs, std::unique_ptr<File> inner) : vfs_(vfs), inner_(std::move(inner)) {}
    Result<std::uint64_t> size() override { return inner_->size(); }
    Result<std::size_t> read(std::uint64_t offset, MutableBytes to) override { return inner_->read(offset, to); }
    Status write(std::uint64_t offset, ByteView bytes) override {
      return vfs_.around<Status>([&] { return inner_->write(offset, bytes); },
                                 [&] { (void)inner_->write(offset, bytes.first(bytes.size() / 2)); });
    }
    Status truncate(std::uint64_t size) override {
      return vfs_.around<Status>([&] { return inner_->truncate(size); });
    }
    Status sync() override {
      return vfs_.around<Status>([&] { return inner_->sync(); });
    }

   private:
    FailingVfs& vfs_;
    std::unique_ptr<File> inner_;
  };

  Result<std::unique_ptr<File>> wrap(Result<std::unique_ptr<File>> opened) {
    if (!opened) return opened;
    return std::make_unique<FailingFile>(*this, *std::move(opened));
  }
  template <class Answer>
  Answer around(const std::function<Answer()>& call, const std::function<void()>& half = [] {}) {
    if (++calls_ != at_ || trouble_ == Trouble::none) return call();
    if (trouble_ == Trouble::io_error) return fail(Code::storage_failed, "EIO");
    if (trouble_ == Trouble::disk_full) return fail(Code::storage_full, "ENOSPC");
    if (trouble_ == Trouble::kill_after) (void)call();
    if (trouble_ == Trouble::kill_half || trouble_ == Trouble::half_then_full) half();
    if (trouble_ == Trouble::half_then_full) return fail(Code::storage_full, "ENOSPC");
    std::raise(SIGKILL);
    return fail(Code::internal);
  }

  Vfs& inner_;
  Trouble trouble_;
  int at_;
  int calls_ = 0;
};

}  // namespace latchkey::update::testing
