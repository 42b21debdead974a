// The file calls of the engine, and no others: what a test replays to know every state a crash may leave. Names are
// relative to the engine's folder, with '/' between parts. Nothing is durable before sync(): bytes by their file's,
// names by their folder's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::update {

// An open file. One thread at a time. Fails everywhere: storage_failed, storage_full.
class File {
 public:
  virtual ~File() = default;
  virtual Result<std::uint64_t> size() = 0;
  // Fills `to` from `offset`; tells how much there was.
  virtual Result<std::size_t> read(std::uint64_t offset, MutableBytes to) = 0;
  // All of `bytes`, or an error.
  virtual Status write(std::uint64_t offset, ByteView bytes) = 0;
  virtual Status truncate(std::uint64_t size) = 0;
  virtual Status sync() = 0;
  // That sync() will follow soon: the system may begin to write now, so that many files are written at once.
  virtual void start_sync() {}
};

// Who has the folder: a process of this machine, as it called itself.
struct LockOwner {
  std::uint64_t pid = 0;
  std::string program;
  friend bool operator==(const LockOwner&, const LockOwner&) = default;
};
std::string describe(const LockOwner& owner);  // "4711 (latchkey)"

// Held until it goes.
class FolderLock {
 public:
  virtual ~FolderLock() = default;
};

enum class OpenMode { read, write, create };  // create: makes the file when it is missing, and keeps what it holds

// Thread-safe, apart from two threads on one name. Fails everywhere: storage_failed, storage_full, permission_denied.
class Vfs {
 public:
  virtual ~Vfs() = default;
  // Fails also: not_found. Symbolic links are not followed.
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // Nothing unless a regular file is there.
  virtual Result<std::optional<std::uint64_t>> size_of(const std::string& path) = 0;
  // Fine when the folder is there already; its parent must be.
  virtual Status make_folder(const std::string& path) = 0;
  // Over an existing file, too. Fails also: not_found.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  // A file or an empty folder; fine when it is gone already.
  virtual Status remove(const std::string& path) = 0;
  // Plain names, sorted; none when there is no such folder. "" is the engine's own.
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  virtual Status sync_folder(const std::string& folder) = 0;
  virtual Result<std::uint64_t> free_bytes() = 0;
  // Between processes. Fails also: busy.
  virtual Result<std::unique_ptr<FolderLock>> lock() = 0;
  // Whoever took the lock last: after lock() said busy, most likely the one who has it. Nothing: it is not known.
  virtual std::optional<LockOwner> find_lock_owner() { return std::nullopt; }
};

inline constexpr std::string_view temporary_prefix = ".tmp-";

// The folder part of a name; "" without one.
std::string folder_of(const std::string& path);

// Fails: not_found, input_too_large, storage_failed (also a file that changed its size meanwhile).
Result<Bytes> read_whole(Vfs& vfs, const std::string& path, std::size_t max_size);
// A new file of its own. Nothing of it is durable.
Result<std::unique_ptr<File>> write_new(Vfs& vfs, const std::string& path, ByteView contents);
// Where something is written before it gets its name: in the same folder.
std::string temporary_beside(const std::string& path);
// Beside, synced, renamed over `path`, the folder synced: durable when it returns; else the old contents stand.
Status write_whole(Vfs& vfs, const std::string& path, ByteView contents);
// Beside and renamed, but not synced: after a power cut the old contents, the new, torn ones or none may be there. For
// what is checked whenever it is read, and can be fetched again.
Status replace_whole(Vfs& vfs, const std::string& path, ByteView contents);

}  // namespace latchkey::update
