#include "sqlite/connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sqlite/errors.h"

namespace latchkey::sqlite {
namespace {

constexpr mode_t private_mode = S_IRUSR | S_IWUSR;

// SQLite would create the file with the umask's mode, and gives -wal and -shm the mode the file has. An existing file
// must not be opened here: closing it would drop the locks another connection of this process holds on it.
Status create_private_file(const std::filesystem::path& file) {
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, private_mode);
  if (made >= 0) return ::close(made), Status();
  struct stat found = {};
  if (errno != EEXIST || ::stat(file.c_str(), &found) != 0) return fail(Code::storage_failed, "cannot create the file");
  const bool is_private = (found.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  if (!is_private && ::chmod(file.c_str(), private_mode) != 0)
    return fail(Code::storage_failed, "others may read the file, and its mode cannot be changed");
  return {};
}

int open_flags(Access access) {
  const int how = access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  return how | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n;") == std::string_view::npos; }

}  // namespace

void Connection::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Connection> Connection::open(const std::filesystem::path& file, const OpenOptions& options) {
  if (options.access == Access::create) TRY_DO(create_private_file(file));
  if (options.page_digest != nullptr) TRY_DO(install_page_check_vfs(options.page_digest));
  sqlite3* handle = nullptr;
  const char* const vfs = options.page_digest != nullptr ? page_check_vfs_name : nullptr;
  const int result = sqlite3_open_v2(file.c_str(), &handle, open_flags(options.access), vfs);
  Connection connection(handle);  // set even on failure
  if (result != SQLITE_OK) return fail_with(result, "opening the database");
  TRY_DO(connection.harden(options));
  connection.checked_file_ = find_checked_file(handle);
  return connection;
}

Status Connection::harden(const OpenOptions& options) {
  set_busy_timeout(options.busy_timeout);
  constexpr std::pair<int, int> settings[] = {
      {SQLITE_DBCONFIG_ENABLE_FKEY, 1},          {SQLITE_DBCONFIG_DEFENSIVE, 1}, {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},       {SQLITE_DBCONFIG_DQS_DML, 0},   {SQLITE_DBCONFIG_DQS_DDL, 0},
      {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}};
  for (const auto& [setting, value] : settings) {
    const int result = sqlite3_db_config(handle_.get(), setting, value, nullptr);
    if (result != SQLITE_OK) return fail_with(result, "configuring the connection");
  }
  TRY_DO(exec("PRAGMA cell_size_check = ON"));
  if (options.page_digest != nullptr) {
    // A page that is written to the log twice in one transaction breaks the log's checksums until the commit.
    TRY_DO(exec("PRAGMA cache_spill = OFF"));
    if (options.access == Access::create) TRY_DO(reserve_page_digests(handle_.get()));
  }
  return exec("PRAGMA schema_version");  // reads the header: a file that is no database shows here
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  const char* tail = nullptr;
  const int result = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &made, &tail);
  Statement statement(made);
  if (result != SQLITE_OK) return fail_with(result, "preparing a statement");
  const auto rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  if (made == nullptr || !is_blank(rest)) return fail(Code::internal, "expected exactly one SQL statement");
  return statement;
}

Status Connection::exec(std::string_view sql) {
  const std::string terminated(sql);
  const int result = sqlite3_exec(handle_.get(), terminated.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return fail_with(result, "running SQL");
  return {};
}

std::int64_t Connection::changes() const { return sqlite3_changes64(handle_.get()); }
std::int64_t Connection::total_changes() const { return sqlite3_total_changes64(handle_.get()); }

bool Connection::is_in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

bool Connection::has_deferred_violations() const {
  int count = 0;
  int unused = 0;
  sqlite3_db_status(handle_.get(), SQLITE_DBSTATUS_DEFERRED_FKS, &count, &unused, 0);
  return count != 0;
}

void Connection::set_busy_timeout(std::chrono::milliseconds busy_timeout) {
  sqlite3_busy_timeout(handle_.get(), static_cast<int>(busy_timeout.count()));
}

void Connection::count_wal_pages() {
  const auto note = [](void* pages, sqlite3*, const char*, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_.get(), note, wal_pages_.get());
}

Status Connection::checkpoint(Checkpoint how) {
  int mode = SQLITE_CHECKPOINT_PASSIVE;
  if (how == Checkpoint::restart) mode = SQLITE_CHECKPOINT_RESTART;
  if (how == Checkpoint::truncate) mode = SQLITE_CHECKPOINT_TRUNCATE;
  const int result = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, mode, nullptr, nullptr);
  *wal_pages_ = 0;  // nothing more to do before the next commit, which counts again
  if (result != SQLITE_OK) return fail_with(result, "checkpointing");
  return {};
}

std::optional<CommitMark> Connection::commit_mark() const {
  return checked_file_ != nullptr ? read_commit_mark(checked_file_) : std::nullopt;
}
std::optional<CommitMark> Connection::mark_of_last_write() const {
  return checked_file_ != nullptr ? mark_of_last_write_of(checked_file_) : std::nullopt;
}
bool Connection::hold_write_lock() { return checked_file_ != nullptr && sqlite::hold_write_lock(checked_file_); }
void Connection::give_back_write_lock() {
  if (checked_file_ != nullptr) sqlite::give_back_write_lock(checked_file_);
}

Status Connection::check_pages() { return check_all_pages(handle_.get()); }

}  // namespace latchkey::sqlite
