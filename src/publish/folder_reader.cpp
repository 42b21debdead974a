#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/file_descriptor.h"
#include "protocol/limits.h"
#include "publish/source_readers.h"

namespace latchkey::publish {
namespace {

namespace fs = std::filesystem;

Error failure(int reason) {
  if (reason == EACCES || reason == EPERM) return {Code::permission_denied, "a file of the bundle"};
  return {Code::storage_failed, "reading a file of the bundle"};
}

std::string_view reason_for(fs::file_type type) {
  switch (type) {
    case fs::file_type::symlink:
      return "symbolic links cannot be in a bundle";
    case fs::file_type::block:
    case fs::file_type::character:
      return "devices cannot be in a bundle";
    case fs::file_type::fifo:
    case fs::file_type::socket:
      return "pipes and sockets cannot be in a bundle";
    default:
      return "neither a file nor a folder";
  }
}

// What it is when it is opened counts, not what the walk saw; and a file that grows meanwhile is not read on.
Result<Bytes> read_regular(const fs::path& path, std::uint64_t room) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return tl::unexpected(failure(errno));
  if (!S_ISREG(status.st_mode)) return fail(Code::conflict, "the folder changed while it was read");
  if (static_cast<std::uint64_t>(status.st_size) > room)
    return fail(Code::input_too_large, "a bundle has 512 MiB at most");
  Bytes content(static_cast<std::size_t>(status.st_size));
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t got = ::read(file.get(), content.data() + at, content.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(failure(errno));
    if (got == 0) return fail(Code::conflict, "the folder changed while it was read");
    at += static_cast<std::size_t>(got);
  }
  return content;
}

struct Found {
  fs::path file;
  std::string path;  // in the bundle
  std::uint64_t size = 0;
};

class Walk final {
 public:
  Walk(const fs::path& top, BundleCollector& collector) : top_(top), collector_(collector) {}

  Result<std::vector<Found>> run() {
    TRY_DO(enter(top_, ""));
    std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) { return a.path < b.path; });
    return std::move(found_);
  }

 private:
  Status enter(const fs::path& folder, const std::string& prefix) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
      TRY_DO(look_at(*entry, prefix + entry->path().filename().string()));
    if (error == std::errc::permission_denied) return fail(Code::permission_denied, "a folder of the bundle");
    if (error) return fail(Code::storage_failed, "reading a folder of the bundle");
    return {};
  }

  Status look_at(const fs::directory_entry& entry, const std::string& path) {
    std::error_code error;
    const fs::file_type type = entry.symlink_status(error).type();
    if (type == fs::file_type::directory) {
      if (!collector_.wants_folder(path)) return {};
      // Deeper than any path of a bundle can be: whatever lies there is refused without walking on.
      if (path.size() > protocol::limits::bundle_path_bytes) {
        collector_.refuse(path, "the path has more than 180 bytes");
        return {};
      }
      return enter(entry.path(), path + "/");
    }
    if (!collector_.wants(path)) return {};
    if (type != fs::file_type::regular) {
      collector_.refuse(path, reason_for(type));
      return {};
    }
    const auto size = entry.file_size(error);
    found_.push_back({entry.path(), path, error ? 0 : size});
    if (found_.size() > protocol::limits::bundle_files)
      return fail(Code::input_too_large, "a bundle has 20,000 files at most");
    return {};
  }

  const fs::path& top_;
  BundleCollector& collector_;
  std::vector<Found> found_;
};

}  // namespace

Status read_folder(const fs::path& folder, const WorkProgress& progress, BundleCollector& collector) {
  TRY(const auto found, Walk(folder, collector).run());
  std::uint64_t done = 0, total = 0;
  for (const Found& one : found) total += one.size;
  for (const Found& one : found) {
    TRY(Bytes content, read_regular(one.file, collector.room()));
    done += content.size();
    TRY_DO(collector.add(one.path, std::move(content)));
    tell(progress, "reading files", done, total);
  }
  return {};
}

}  // namespace latchkey::publish
