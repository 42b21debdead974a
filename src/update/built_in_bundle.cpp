#include "update/built_in_bundle.h"

#include <mutex>

#include "protocol/limits.h"
#include "update/vfses/posix_vfs.h"

namespace latchkey::update {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t described_piece = 128 << 10;
using protocol::limits::bundle_bytes;
using protocol::limits::bundle_files;

Status copy_part(ByteView from, std::uint64_t offset, MutableBytes to) {
  if (offset > from.size() || to.size() > from.size() - offset) return fail(Code::storage_corrupted, "asset");
  std::ranges::copy(from.subspan(static_cast<std::size_t>(offset), to.size()), to.begin());
  return {};
}

class FolderContents final : public Contents {
 public:
  explicit FolderContents(fs::path folder) : folder_(std::move(folder)) {}
  Status read(const FileEntry& file, std::uint64_t offset, MutableBytes to) override {
    const std::lock_guard lock(mutex_);
    if (file.path != open_path_) {
      open_path_.clear();
      TRY(open_, open_posix_file(folder_ / file.path));
      open_path_ = file.path;
    }
    TRY(const std::size_t got, open_->read(offset, to));
    return got == to.size() ? Status() : fail(Code::storage_corrupted, "asset");
  }

 private:
  fs::path folder_;
  std::mutex mutex_;
  std::string open_path_;
  std::unique_ptr<File> open_;
};

class PageContents final : public Contents {
 public:
  explicit PageContents(std::string html) : html_(std::move(html)) {}
  Status read(const FileEntry&, std::uint64_t offset, MutableBytes to) override {
    return copy_part(as_bytes(html_), offset, to);
  }

 private:
  std::string html_;
};

Result<FileEntry> describe(const fs::directory_entry& entry, const fs::path& folder) {
  TRY(const auto file, open_posix_file(entry.path()));
  FileEntry described{.path = entry.path().lexically_relative(folder).generic_string()};
  TRY(const std::uint64_t size, file->size());
  if (size > bundle_bytes) return fail(Code::input_too_large, "a file of the built-in bundle");
  crypto::Sha256 hash;
  Bytes piece(static_cast<std::size_t>(std::min(size, described_piece)));
  while (described.size < size) {
    TRY(const std::size_t got, file->read(described.size, piece));
    if (got == 0) return fail(Code::storage_failed, "the file became shorter");
    hash.update(ByteView(piece).first(got));
    described.size += got;
  }
  described.sha256 = hash.finish();
  return described;
}

}  // namespace

Result<BuiltInBundle> open_built_in_folder(const fs::path& folder, std::uint64_t sequence) {
  std::error_code error;
  std::vector<FileEntry> files;
  for (auto at = fs::recursive_directory_iterator(folder, error); !error && at != fs::end(at); at.increment(error)) {
    if (at->is_symlink(error)) return fail(Code::invalid_format, "the built-in bundle holds a symbolic link");
    if (at->is_directory(error)) continue;
    if (files.size() == bundle_files) return fail(Code::input_too_large, "too many files");
    TRY(FileEntry entry, describe(*at, folder));
    files.push_back(std::move(entry));
  }
  if (error) return fail(Code::not_found, "the built-in bundle's folder cannot be read");
  TRY(Tree tree, Tree::create(std::move(files)));
  return BuiltInBundle{std::move(tree), std::make_unique<FolderContents>(folder), sequence};
}

BuiltInBundle make_built_in_page(std::string html) {
  auto tree = Tree::create({{.path = "index.html", .size = html.size(), .sha256 = crypto::sha256(as_bytes(html))}});
  return BuiltInBundle{*std::move(tree), std::make_unique<PageContents>(std::move(html)), 0};
}

}  // namespace latchkey::update
