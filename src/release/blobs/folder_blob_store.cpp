#include "release/blobs/folder_blob_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/atomic_file.h"
#include "base/file_descriptor.h"
#include "crypto/random.h"
#include "http/file_source.h"

namespace latchkey::release {
namespace {

constexpr std::size_t upload_name_bytes = 16;

tl::unexpected<Error> failed(std::string_view what) {
  return fail(errno == ENOSPC || errno == EDQUOT ? Code::storage_full : Code::storage_failed, what);
}

class FileWriter final : public BlobWriter {
 public:
  FileWriter(const BlobId& id, FileDescriptor file, std::filesystem::path incoming, std::filesystem::path target)
      : id_(id), file_(std::move(file)), incoming_(std::move(incoming)), target_(std::move(target)) {}
  ~FileWriter() override {
    if (!is_renamed_) ::unlink(incoming_.c_str());
  }
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  Status write(std::string_view piece) override {
    hash_.update(as_bytes(piece));
    size_ += piece.size();
    while (!piece.empty()) {
      const ssize_t put = ::write(file_.get(), piece.data(), piece.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return failed("blob");
      piece.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
  }

  Status finish() override {
    if (hash_.finish() != id_) return fail(Code::signature_invalid, "the bytes have another hash");
    if (::fsync(file_.get()) != 0) return failed("blob");
    TRY_DO(create_private_folder(target_.parent_path()));
    TRY_DO(sync_folder(target_.parent_path().parent_path()));  // whoever made it
    if (::rename(incoming_.c_str(), target_.c_str()) != 0) return failed("blob");
    is_renamed_ = true;
    return sync_folder(target_.parent_path());
  }

  std::uint64_t size() const override { return size_; }

 private:
  BlobId id_;
  FileDescriptor file_;
  std::filesystem::path incoming_;
  std::filesystem::path target_;
  crypto::Sha256 hash_;
  std::uint64_t size_ = 0;
  bool is_renamed_ = false;
};

}  // namespace

Result<std::unique_ptr<FolderBlobStore>> FolderBlobStore::open(std::filesystem::path folder) {
  TRY_DO(create_private_folder(folder));
  std::error_code error;
  std::filesystem::remove_all(folder / "incoming", error);  // what an interrupted process left
  TRY_DO(create_private_folder(folder / "incoming"));
  return std::unique_ptr<FolderBlobStore>(new FolderBlobStore(std::move(folder)));
}

std::filesystem::path FolderBlobStore::path_of(const BlobId& id) const {
  const std::string name = to_hex(id);
  return folder_ / name.substr(0, 2) / name;
}

Result<std::unique_ptr<BlobWriter>> FolderBlobStore::begin(const BlobId& id) {
  auto incoming = folder_ / "incoming" / to_hex(crypto::random_array<upload_name_bytes>());
  FileDescriptor file(::open(incoming.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return failed("blob");
  return std::make_unique<FileWriter>(id, std::move(file), std::move(incoming), path_of(id));
}

Result<std::shared_ptr<const http::BodySource>> FolderBlobStore::find(const BlobId& id) {
  auto found = http::open_file_source(path_of(id));
  if (!found && found.error().code == Code::not_found) return std::shared_ptr<const http::BodySource>();
  return found;
}

}  // namespace latchkey::release
