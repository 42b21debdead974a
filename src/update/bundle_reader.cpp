#include "update/bundle_reader.h"

namespace latchkey::update {
namespace {

class BlobContents final : public Contents {
 public:
  explicit BlobContents(Vfs& vfs) : vfs_(vfs) {}
  Status read(const FileEntry& file, std::uint64_t offset, MutableBytes to) override {
    if (!open_ || open_hash_ != file.sha256) {
      TRY(open_, vfs_.open(blob_path(file.sha256), OpenMode::read));
      open_hash_ = file.sha256;
    }
    TRY(const std::size_t got, open_->read(offset, to));
    if (got != to.size()) return fail(Code::storage_corrupted, "a file of the base is shorter than it was");
    return {};
  }

 private:
  Vfs& vfs_;
  std::unique_ptr<File> open_;
  crypto::Sha256Digest open_hash_{};
};

}  // namespace

std::unique_ptr<Contents> make_blob_contents(Vfs& vfs) { return std::make_unique<BlobContents>(vfs); }

}  // namespace latchkey::update
