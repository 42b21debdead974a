// Builds one bundle beside those that are there: new contents become blobs under their hashes, what the base has is
// shared or copied, and the table comes last. Until then there is no bundle, and whatever is left of the attempt is
// garbage that the next start or collection removes.
#pragma once

#include "update/bundle_reader.h"

namespace latchkey::update {

// Used once: decode into it, then commit(). Not thread-safe. Fails, everywhere: storage_failed, storage_full.
class Stager final : public patch::TargetWriter {
 public:
  // `base` (null: none) and `contents` outlive it. `is_base_in_blobs`: what the base has need not be copied.
  // `max_bytes`: the signed total; more is refused before it is written.
  enum class BaseIs { blobs, elsewhere };
  Stager(BundleStore& store, const Tree* base, Contents* contents, BaseIs where, std::uint64_t max_bytes);
  ~Stager() override;
  Stager(const Stager&) = delete;
  Stager& operator=(const Stager&) = delete;

  Status copy(std::string_view path, std::size_t base_index) override;
  Status begin(std::string_view path, std::uint64_t size) override;
  Status write(ByteView bytes) override;
  Status end() override;

  // Everything is durable when it returns, and the tree is `expected`. Fails also: authentication_failed (another tree
  // came out: nothing of it is used), storage_corrupted (a shared file is not what its name says).
  Result<Tree> commit(const TreeRoot& expected);

  // A failure came of the base: the disk does not give what it has, or gives something else. Without it there may be
  // none.
  bool is_base_at_fault() const { return is_base_at_fault_; }

 private:
  struct NewBlob {
    std::string temporary;
    crypto::Sha256Digest sha256{};
    std::unique_ptr<File> file{};  // open until it is synced
  };
  Status count_bytes(std::uint64_t size);
  Status copy_contents(const FileEntry& file);
  Status name_blobs();
  Status sync_open_files();
  Status check_shared(const Tree& tree);
  Status blame_base(Status done);
  Status settle(const Tree& tree);

  BundleStore& store_;
  const Tree* base_;
  Contents* contents_;
  BaseIs where_;
  std::uint64_t bytes_left_;
  std::vector<FileEntry> entries_;
  std::vector<NewBlob> blobs_;
  std::vector<crypto::Sha256Digest> shared_;
  std::size_t synced_ = 0;
  bool is_base_at_fault_ = false;
  crypto::Sha256 hash_;
  std::uint64_t written_ = 0;  // of the file begun last
};

}  // namespace latchkey::update
