#include "http/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file_descriptor.h"

namespace latchkey::http {
namespace {

class FileSource final : public BodySource {
 public:
  explicit FileSource(FileDescriptor file) : file_(std::move(file)) {}

  Status measure() {
    struct stat info{};
    if (::fstat(file_.get(), &info) != 0 || !S_ISREG(info.st_mode))
      return fail(Code::storage_failed, "not a regular file");
    size_ = static_cast<std::uint64_t>(info.st_size);
    return {};
  }
  std::uint64_t size() const override { return size_; }
  Status read(std::uint64_t offset, MutableBytes out) const override {
    while (!out.empty()) {
      const ssize_t got = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return fail(Code::storage_failed, "a file is shorter than it was");
      out = out.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    }
    return {};
  }

 private:
  FileDescriptor file_;
  std::uint64_t size_ = 0;
};

Code code_of_errno() {
  if (errno == ENOENT || errno == ENOTDIR) return Code::not_found;
  return errno == EACCES || errno == EPERM || errno == ELOOP ? Code::permission_denied : Code::storage_failed;
}

}  // namespace

Result<std::shared_ptr<const BodySource>> open_file_source(const std::filesystem::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open()) return fail(code_of_errno(), "a file cannot be opened");
  const auto source = std::make_shared<FileSource>(std::move(file));
  TRY_DO(source->measure());
  return std::shared_ptr<const BodySource>(source);
}

}  // namespace latchkey::http
