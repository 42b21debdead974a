#include "update/bundle_store.h"

#include <algorithm>
#include <set>

#include "protocol/limits.h"

namespace latchkey::update {
namespace {

constexpr std::size_t reading_piece = std::size_t{128} << 10;  // of reading: half of a level-2 cache

bool is_temporary(const std::string& name) { return name.starts_with(temporary_prefix); }

}  // namespace

std::string blob_path(const crypto::Sha256Digest& sha256) { return "blobs/" + to_hex(sha256); }
std::string table_path(const TreeRoot& root) { return "bundles/" + to_hex(root) + "/table"; }

Status check_blob(Vfs& vfs, const FileEntry& file) {
  TRY(const auto opened, vfs.open(blob_path(file.sha256), OpenMode::read));
  crypto::Sha256 hash;
  Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(reading_piece, file.size + 1)));
  std::uint64_t at = 0;
  while (at <= file.size) {
    TRY(const std::size_t got, opened->read(at, buffer));
    if (got == 0) break;
    hash.update(ByteView(buffer).first(got));
    at += got;
  }
  if (at != file.size || hash.finish() != file.sha256) return fail(Code::storage_corrupted, "blob");
  return {};
}

Result<BundleStore> BundleStore::open(Vfs& vfs) {
  TRY(const auto there, vfs.list(""));
  bool is_new = false;
  for (const char* folder : {"blobs", "bundles", "parts", "meta", "reports"}) {
    if (std::ranges::find(there, folder) != there.end()) continue;
    TRY_DO(vfs.make_folder(folder));
    is_new = true;
  }
  if (is_new) TRY_DO(vfs.sync_folder(""));
  return BundleStore(vfs);
}

Result<Tree> BundleStore::read_table(const TreeRoot& root) const {
  TRY(const Bytes bytes, read_whole(*vfs_, table_path(root), protocol::limits::bundle_table_bytes));
  return parse_table(bytes, root);
}

Result<Tree> BundleStore::check_sizes(const TreeRoot& root) const {
  TRY(Tree tree, read_table(root));
  for (const FileEntry& file : tree.files()) {
    TRY(const auto size, vfs_->size_of(blob_path(file.sha256)));
    if (!size) return fail(Code::not_found, "a file of the bundle");
    if (*size != file.size) return fail(Code::storage_corrupted, "a file of the bundle");
  }
  return tree;
}

Status BundleStore::check_contents(const TreeRoot& root, const std::stop_token& stop) const {
  TRY(const Tree tree, check_sizes(root));
  for (const FileEntry& file : tree.files()) {
    if (stop.stop_requested()) return fail(Code::cancelled);
    TRY_DO(check_blob(*vfs_, file));
  }
  return {};
}

void BundleStore::remove_in(const std::string& folder, const std::function<bool(const std::string&)>& may_go) const {
  const auto names = vfs_->list(folder);
  if (!names) return;
  for (const std::string& name : *names)
    if (may_go(name)) (void)vfs_->remove(folder.empty() ? name : folder + "/" + name);  // the next time is soon
}

void BundleStore::remove_temporaries() const {
  for (const char* folder : {"", "blobs", "parts", "meta", "reports"}) remove_in(folder, is_temporary);
  const auto bundles = vfs_->list("bundles");
  if (!bundles) return;
  for (const std::string& name : *bundles) {
    const std::string folder = "bundles/" + name;
    remove_in(folder, is_temporary);
    const auto left = vfs_->list(folder);
    if (left && left->empty()) (void)vfs_->remove(folder);
  }
}

void BundleStore::collect(std::span<const TreeRoot> needed) const {
  std::set<std::string> tables, blobs;
  bool knows_all = true;
  for (const TreeRoot& root : needed) {
    tables.insert(to_hex(root));
    const auto tree = read_table(root);
    knows_all = knows_all && tree.has_value();
    if (!tree) continue;
    for (const FileEntry& file : tree->files()) blobs.insert(to_hex(file.sha256));
  }
  const auto bundles = vfs_->list("bundles");
  if (bundles)
    for (const std::string& name : *bundles) {
      if (tables.contains(name)) continue;
      // The table first: without it there is no bundle, so none ever misses its blobs.
      (void)vfs_->remove("bundles/" + name + "/table");
      remove_in("bundles/" + name, [](const std::string&) { return true; });
      (void)vfs_->remove("bundles/" + name);
    }
  if (knows_all && vfs_->sync_folder("bundles"))
    remove_in("blobs", [&](const std::string& name) { return !blobs.contains(name); });
}

void BundleStore::drop_parts(std::span<const crypto::Sha256Digest> kept) const {
  std::set<std::string> names;
  for (const auto& id : kept) names.insert(to_hex(id));
  remove_in("parts", [&](const std::string& name) { return !names.contains(name.substr(0, name.find('.'))); });
}

}  // namespace latchkey::update
