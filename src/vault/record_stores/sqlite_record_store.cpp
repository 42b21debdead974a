#include "vault/record_stores/sqlite_record_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "base/atomic_file.h"
#include "crypto/random.h"
#include "vault/record_stores/vault_database.h"

namespace latchkey::vault {
namespace {

namespace fs = std::filesystem;

fs::path log_of(const fs::path& file) { return fs::path(file).concat("-wal"); }
fs::path shared_memory_of(const fs::path& file) { return fs::path(file).concat("-shm"); }

Error error_from_errno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return {Code::not_found, "no vault"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {Code::permission_denied, "vault file"};
    case ENOSPC:
    case EDQUOT:
      return {Code::storage_full, "vault file"};
    default:
      return {Code::storage_failed, "vault file"};
  }
}

struct FileId {
  dev_t device;
  ino_t number;
  friend bool operator==(const FileId&, const FileId&) = default;
};

// Only stat(2): opening and closing the file here would drop SQLite's own locks on it (POSIX locks belong to the
// process).
Result<FileId> identify(const fs::path& file) {
  struct stat info{};
  if (::lstat(file.c_str(), &info) != 0) return tl::unexpected(error_from_errno(errno));
  if (!S_ISREG(info.st_mode)) return fail(Code::invalid_argument, "the vault's path is not a regular file");
  if (info.st_size == 0) return fail(Code::vault_corrupted, "the vault file is empty");
  if (::access(file.c_str(), R_OK | W_OK) != 0) return tl::unexpected(error_from_errno(errno));
  return FileId{info.st_dev, info.st_ino};
}

bool is_anything_at(const fs::path& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0 || errno != ENOENT;
}

Status sync_folder(const fs::path& folder) {
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return tl::unexpected(error_from_errno(errno));
  const bool synced = ::fsync(handle) == 0;
  ::close(handle);
  if (!synced) return fail(Code::storage_failed, "vault folder");
  return {};
}

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

// Overwrites in place, so that what the file system does not copy on write is gone from the disk too.
Status overwrite_and_remove(const fs::path& file) {
  const int handle = ::open(file.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  struct stat info{};
  if (handle >= 0 && ::fstat(handle, &info) == 0 && S_ISREG(info.st_mode)) {
    const Bytes zeros(64 * 1024);
    for (off_t at = 0; at < info.st_size; at += static_cast<off_t>(zeros.size())) {
      const auto size = std::min<std::size_t>(zeros.size(), static_cast<std::size_t>(info.st_size - at));
      if (::pwrite(handle, zeros.data(), size, at) < 0) break;
    }
    static_cast<void>(::fsync(handle));
  }
  if (handle >= 0) ::close(handle);
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return tl::unexpected(error_from_errno(errno));
  return {};
}

class SqliteRecordStore final : public RecordStore {
 public:
  SqliteRecordStore(fs::path file, SqliteRecordStoreOptions options) : file_(std::move(file)), options_(options) {}

  Status create(const WriteWork& work) override {
    const std::lock_guard hold(mutex_);
    if (is_anything_at(file_) || is_anything_at(log_of(file_))) return fail(Code::already_exists, "vault file");
    TRY_DO(create_private_folder(folder_of(file_)));
    const fs::path draft = fs::path(file_).concat(".new-" + to_hex(crypto::random_array<8>()));
    Status made = write_draft(draft, work);
    if (made) made = publish(draft);
    static_cast<void>(::unlink(draft.c_str()));
    static_cast<void>(::unlink(log_of(draft).c_str()));
    static_cast<void>(::unlink(shared_memory_of(draft).c_str()));
    return made;
  }

  Status read(const ReadWork& work) override {
    const std::lock_guard hold(mutex_);
    TRY_DO(connect());
    return database_->read(work);
  }

  Status write(const WriteWork& work) override {
    const std::lock_guard hold(mutex_);
    TRY_DO(connect());
    return database_->write(work);
  }

  Status scrub() override {
    const std::lock_guard hold(mutex_);
    TRY_DO(connect());
    return database_->scrub();
  }

  Status check() override {
    const std::lock_guard hold(mutex_);
    TRY_DO(connect());
    return database_->check();
  }

  Status destroy() override {
    const std::lock_guard hold(mutex_);
    database_.reset();
    TRY_DO(overwrite_and_remove(log_of(file_)));
    TRY_DO(overwrite_and_remove(shared_memory_of(file_)));
    TRY_DO(overwrite_and_remove(file_));
    return sync_folder(folder_of(file_));
  }

 private:
  Status write_draft(const fs::path& draft, const WriteWork& work) {
    TRY(auto connection, sqlite::Connection::open(draft, {.access = sqlite::Access::create}));
    TRY_DO(VaultDatabase::make_tables(connection, options_.page_size));
    TRY(const auto database, VaultDatabase::adopt(std::move(connection), draft));
    TRY_DO(database->write(work));
    return database->scrub();  // what is linked is one whole file
  }

  // link(2) never replaces: whoever comes second fails, and a crash leaves the whole file or none.
  Status publish(const fs::path& draft) {
    if (::link(draft.c_str(), file_.c_str()) != 0) {
      if (errno == EEXIST) return fail(Code::already_exists, "vault file");
      return tl::unexpected(error_from_errno(errno));
    }
    return sync_folder(folder_of(file_));
  }

  // Somebody may have destroyed the file, or put another in its place, since it was opened.
  Status connect() {
    const Result<FileId> id = identify(file_);
    if (!id) {
      database_.reset();
      return tl::unexpected(id.error());
    }
    if (database_ && opened_ == *id) return {};
    database_.reset();
    TRY(database_, VaultDatabase::open(file_, options_));
    opened_ = *id;
    return {};
  }

  std::mutex mutex_;
  fs::path file_;
  SqliteRecordStoreOptions options_;
  std::unique_ptr<VaultDatabase> database_;
  FileId opened_{};
};

}  // namespace

std::unique_ptr<RecordStore> make_sqlite_record_store(std::filesystem::path file, SqliteRecordStoreOptions options) {
  return std::make_unique<SqliteRecordStore>(std::move(file), options);
}

}  // namespace latchkey::vault
