#include "vault/record_stores/sqlite_record_store.h"

#include <mutex>

#include "base/atomic_file.h"
#include "vault/record_stores/vault_database.h"
#include "vault/record_stores/vault_files.h"

namespace latchkey::vault {
namespace {

namespace fs = std::filesystem;

class SqliteRecordStore final : public RecordStore {
 public:
  SqliteRecordStore(fs::path file, SqliteRecordStoreOptions options)
      : file_(std::move(file)), options_(std::move(options)) {}

  Status create(const WriteWork& work) override {
    const std::lock_guard hold(mutex_);
    if (is_anything_left_of(file_)) return fail(Code::already_exists, "vault file");
    if (file_.has_parent_path()) TRY_DO(create_private_folder(file_.parent_path()));
    const fs::path draft = new_draft_of(file_);
    Status made = VaultDatabase::create(draft, options_, work);
    if (made) made = publish(draft, file_);
    remove_draft(draft);
    if (made) remove_drafts_of(file_);
    return made;
  }

  Status read(const ReadWork& work) override {
    const std::lock_guard hold(mutex_);
    if (!watch_ || !watch_->has_name()) TRY_DO(connect());
    return database_->read(work);
  }

  Status write(const WriteWork& work) override {
    std::optional<StoreVersion> unused;
    return write_and_tell(work, unused);
  }

  Status write_and_tell(const WriteWork& work, std::optional<StoreVersion>& after) override {
    after.reset();
    const std::lock_guard hold(mutex_);
    TRY_DO(connect());
    TRY_DO(database_->write(work));
    after = database_->written_version();
    return {};
  }

  Status scrub() override {
    const std::lock_guard hold(mutex_);
    TRY_DO(connect());
    return database_->scrub();
  }

  Status scrub_at_once() override {
    const std::lock_guard hold(mutex_);
    TRY_DO(connect());
    return database_->scrub_at_once();
  }

  Status check() override {
    const std::lock_guard hold(mutex_);
    TRY_DO(connect());
    return database_->check();
  }

  Status destroy() override {
    const std::lock_guard hold(mutex_);
    disconnect();
    return destroy_files_of(file_);
  }

 private:
  // Somebody may have destroyed the file, or put another in its place, since it was opened.
  Status connect() {
    const bool is_quiet = path_watch_ && path_watch_->is_quiet();
    if (is_quiet && !is_look_due()) return {};
    if (!is_quiet) begin_watch();
    looked_at_ = std::chrono::steady_clock::now();
    trusted_writes_ = 0;
    const Result<FileId> id = identify(file_);
    if (id && watch_ && watch_->id() == *id) return {};
    disconnect();
    if (!id) return tl::unexpected(id.error());
    TRY_DO(check_may_write(file_));
    TRY(FileWatch watch, FileWatch::open(file_));
    TRY(database_, VaultDatabase::open(file_, options_));
    watch_.emplace(std::move(watch));
    return {};
  }
  // Before the look at the path, so that it misses nothing, and not for a store that writes a few times: the end of a
  // watch waits for the kernel.
  void begin_watch() {
    path_watch_.reset();
    if (!database_) may_watch_ = options_.watch_path != nullptr;
    if (!database_ || !may_watch_ || ++unwatched_writes_ < protocol::limits::path_watch_after_writes) return;
    path_watch_ = options_.watch_path(file_);
    may_watch_ = path_watch_ != nullptr;
  }
  // What is mounted over the path makes no event.
  bool is_look_due() {
    return ++trusted_writes_ >= protocol::limits::path_watch_writes ||
           std::chrono::steady_clock::now() - looked_at_ >= options_.path_watch_trust;
  }
  void disconnect() {
    path_watch_.reset();
    watch_.reset();
    database_.reset();
  }

  std::mutex mutex_;
  fs::path file_;
  SqliteRecordStoreOptions options_;
  std::unique_ptr<VaultDatabase> database_;
  std::optional<FileWatch> watch_;         // there as long as the database is
  std::unique_ptr<PathWatch> path_watch_;  // null: identify() is asked
  bool may_watch_ = false;
  unsigned unwatched_writes_ = 0;
  std::chrono::steady_clock::time_point looked_at_;  // at the path itself
  unsigned trusted_writes_ = 0;                      // since
};

}  // namespace

std::unique_ptr<RecordStore> make_sqlite_record_store(std::filesystem::path file, SqliteRecordStoreOptions options) {
  return std::make_unique<SqliteRecordStore>(std::move(file), std::move(options));
}

}  // namespace latchkey::vault
