// An installed tree as the patch codec reads it: the running bundle, the one before, the built-in one, or one that was
// staged on the way. Where the contents lie is behind a port: blobs, or the app's own assets.
#pragma once

#include <memory>

#include "patch/tree.h"
#include "update/bundle_store.h"

namespace latchkey::update {

// The contents of a tree's files. The built-in bundle's: thread-safe; blobs': one thread at a time. Fails: not_found,
// storage_failed, storage_corrupted.
class Contents {
 public:
  virtual ~Contents() = default;
  // Fills `to` from `offset`; asked for nothing beyond the file's size.
  virtual Status read(const FileEntry& file, std::uint64_t offset, MutableBytes to) = 0;
};

// Of an installed bundle. `vfs` outlives it.
std::unique_ptr<Contents> make_blob_contents(Vfs& vfs);

// A tree and its contents, both outliving it, as the base of a patch.
class BundleReader final : public patch::BaseReader {
 public:
  BundleReader(const Tree& tree, Contents& contents) : tree_(tree), contents_(contents) {}
  std::size_t count() const override { return tree_.files().size(); }
  std::string_view path(std::size_t index) const override { return tree_.files()[index].path; }
  std::uint64_t size(std::size_t index) const override { return tree_.files()[index].size; }
  Status read(std::size_t index, std::uint64_t offset, MutableBytes to) override {
    const Status done = contents_.read(tree_.files()[index], offset, to);
    has_failed_ = has_failed_ || !done;
    return done;
  }
  // A read did.
  bool has_failed() const { return has_failed_; }

 private:
  const Tree& tree_;
  Contents& contents_;
  bool has_failed_ = false;
};

// The base of a full bundle.
class NoBase final : public patch::BaseReader {
 public:
  std::size_t count() const override { return 0; }
  std::string_view path(std::size_t) const override { return {}; }
  std::uint64_t size(std::size_t) const override { return 0; }
  Status read(std::size_t, std::uint64_t, MutableBytes) override { return fail(Code::invalid_argument); }
};

}  // namespace latchkey::update
