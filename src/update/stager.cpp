#include "update/stager.h"

#include <algorithm>
#include <set>

#include "crypto/random.h"

namespace latchkey::update {
namespace {

// Files that are open and not yet synced: the first sync of a group carries most of the others' work with it.
constexpr std::size_t most_open = 64;
constexpr std::size_t staging_piece = std::size_t{256} << 10;

}  // namespace

Stager::Stager(BundleStore& store, const Tree* base, Contents* contents, BaseIs where, std::uint64_t max_bytes)
    : store_(store), base_(base), contents_(contents), where_(where), bytes_left_(max_bytes) {}

Stager::~Stager() {
  for (NewBlob& blob : blobs_) {
    blob.file.reset();
    if (!blob.temporary.empty()) (void)store_.vfs().remove(blob.temporary);  // the next start does it otherwise
  }
}

Status Stager::count_bytes(std::uint64_t size) {
  if (size > bytes_left_) return fail(Code::input_too_large, "more bytes than were signed");
  bytes_left_ -= size;
  return {};
}

Status Stager::copy(std::string_view path, std::size_t base_index) {
  if (base_ == nullptr || base_index >= base_->files().size()) return fail(Code::invalid_format, "no such base file");
  FileEntry entry = base_->files()[base_index];
  if (where_ == BaseIs::elsewhere) {
    TRY_DO(begin(path, entry.size));
    TRY_DO(copy_contents(entry));
    return end();
  }
  TRY_DO(count_bytes(entry.size));
  entry.path = path;
  shared_.push_back(entry.sha256);
  entries_.push_back(std::move(entry));
  return {};
}

Status Stager::copy_contents(const FileEntry& file) {
  Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(staging_piece, file.size)));
  for (std::uint64_t at = 0; at < file.size;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), file.size - at));
    TRY_DO(blame_base(contents_->read(file, at, MutableBytes(buffer).first(size))));
    TRY_DO(write(ByteView(buffer).first(size)));
    at += size;
  }
  return {};
}

Status Stager::begin(std::string_view path, std::uint64_t size) {
  TRY_DO(count_bytes(size));
  if (blobs_.size() - synced_ >= most_open) TRY_DO(sync_open_files());
  NewBlob blob{.temporary = "blobs/" + std::string(temporary_prefix) + to_hex(crypto::random_array<8>()), .file = {}};
  TRY(blob.file, store_.vfs().open(blob.temporary, OpenMode::create));
  blobs_.push_back(std::move(blob));
  entries_.push_back({.path = std::string(path), .size = size});
  hash_ = {};
  written_ = 0;
  return {};
}

Status Stager::write(ByteView bytes) {
  if (blobs_.empty() || bytes.size() > entries_.back().size - written_)
    return fail(Code::invalid_format, "more bytes than the file has");
  hash_.update(bytes);
  TRY_DO(blobs_.back().file->write(written_, bytes));
  written_ += bytes.size();
  return {};
}

Status Stager::end() {
  if (blobs_.empty() || written_ != entries_.back().size) return fail(Code::invalid_format, "a file is too short");
  entries_.back().sha256 = hash_.finish();
  blobs_.back().sha256 = entries_.back().sha256;
  blobs_.back().file->start_sync();
  return {};
}

Status Stager::sync_open_files() {
  for (; synced_ < blobs_.size(); ++synced_) {
    TRY_DO(blobs_[synced_].file->sync());
    blobs_[synced_].file.reset();
  }
  return {};
}

Status Stager::name_blobs() {
  for (NewBlob& blob : blobs_) {
    TRY_DO(store_.vfs().rename(blob.temporary, blob_path(blob.sha256)));
    blob.temporary.clear();
  }
  return {};
}

// What the base had is read once more: a file the disk has spoilt would spoil both bundles.
Status Stager::check_shared(const Tree& tree) {
  std::set<crypto::Sha256Digest> left(shared_.begin(), shared_.end());
  for (const NewBlob& blob : blobs_) left.erase(blob.sha256);
  for (const FileEntry& file : tree.files())
    if (left.erase(file.sha256) > 0) TRY_DO(blame_base(check_blob(store_.vfs(), file)));
  return {};
}

Status Stager::blame_base(Status done) {
  is_base_at_fault_ = is_base_at_fault_ || !done;
  return done;
}

// All bytes first, then all names, then the folders: what has its name has its contents, and the disk is waited for
// as seldom as can be.
Status Stager::settle(const Tree& tree) {
  Vfs& vfs = store_.vfs();
  const std::string path = table_path(tree.root());
  const std::string temporary = temporary_beside(path);
  TRY_DO(vfs.make_folder(folder_of(path)));
  TRY(const auto table, write_new(vfs, temporary, print_table(tree)));
  table->start_sync();
  TRY_DO(sync_open_files());
  TRY_DO(table->sync());
  TRY_DO(name_blobs());
  TRY_DO(vfs.rename(temporary, path));
  for (const std::string& folder : {std::string("blobs"), folder_of(path), std::string("bundles")})
    TRY_DO(vfs.sync_folder(folder));
  return {};
}

Result<Tree> Stager::commit(const TreeRoot& expected) {
  TRY(Tree tree, Tree::create(std::move(entries_)));
  if (tree.root() != expected) return fail(Code::authentication_failed, "another tree came out");
  TRY_DO(check_shared(tree));
  TRY_DO(settle(tree));
  return tree;
}

}  // namespace latchkey::update
