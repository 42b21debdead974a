#include "publish/bundle_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/atomic_file.h"
#include "base/file_descriptor.h"
#include "base/hex.h"
#include "crypto/random.h"
#include "publish/bundle_reader.h"

namespace latchkey::publish {
namespace {

namespace fs = std::filesystem;

Error failure(const std::error_code& error) {
  if (error == std::errc::permission_denied || error == std::errc::operation_not_permitted)
    return {Code::permission_denied, "the folder of earlier bundles"};
  if (error == std::errc::no_space_on_device) return {Code::storage_full, "the folder of earlier bundles"};
  return {Code::storage_failed, "the folder of earlier bundles"};
}
Status status_of(const std::error_code& error) {
  if (error) return tl::unexpected(failure(error));
  return {};
}
std::error_code last_error() { return {errno, std::generic_category()}; }

std::error_code write_file(const fs::path& file, ByteView content) {
  FileDescriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd.is_open()) return last_error();
  std::error_code error;
  while (!content.empty() && !error) {
    const ssize_t wrote = ::write(fd.get(), content.data(), content.size());
    if (wrote >= 0)
      content = content.subspan(static_cast<std::size_t>(wrote));
    else if (errno != EINTR)
      error = last_error();
  }
  if (fd.close() != 0 && !error) error = last_error();
  return error;
}

Status write_tree(const Bundle& bundle, const fs::path& folder, const WorkProgress& progress) {
  std::uint64_t done = 0;
  for (const BundleFile& file : bundle.files()) {
    std::error_code error;
    fs::create_directories((folder / file.path).parent_path(), error);
    if (!error) error = write_file(folder / file.path, file.content);
    TRY_DO(status_of(error));
    done += file.content.size();
    tell(progress, "keeping the bundle", done, bundle.tree().bytes());
  }
  return {};
}

}  // namespace

fs::path BundleStore::place_of(const release::TreeRoot& root) const { return folder_ / to_hex(root); }

bool BundleStore::has(const release::TreeRoot& root) const {
  std::error_code ignored;
  return fs::is_directory(place_of(root), ignored);
}

std::vector<release::TreeRoot> BundleStore::list() const {
  std::vector<release::TreeRoot> roots;
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error))
    if (const auto root = parse_hex_array<32>(entry->path().filename().string())) roots.push_back(*root);
  return roots;
}

Result<std::optional<Bundle>> BundleStore::find(const release::TreeRoot& root, const WorkProgress& progress) const {
  if (!has(root)) return std::nullopt;
  ReadReport report;
  ReadOptions options{.excluded = {}, .allowed = {"*"}, .needs_index = false, .progress = progress};
  auto bundle = read_bundle(place_of(root), options, report);
  if (!bundle && (bundle.error().code == Code::permission_denied || bundle.error().code == Code::storage_failed))
    return tl::unexpected(std::move(bundle).error());
  if (!bundle || bundle->root() != root) return std::nullopt;
  return std::optional(*std::move(bundle));
}

Status BundleStore::keep(const Bundle& bundle, const WorkProgress& progress) const {
  if (has(bundle.root())) return {};
  TRY_DO(create_private_folder(folder_));  // the rest of the publisher's folder may be public, this is plain text
  const fs::path unfinished = folder_ / (".new-" + to_hex(crypto::random_array<8>()));
  Status written = write_tree(bundle, unfinished, progress);
  std::error_code error, ignored;
  if (written) fs::rename(unfinished, place_of(bundle.root()), error);
  if (!written || error) fs::remove_all(unfinished, ignored);
  if (!written) return written;
  // Somebody else kept the same bundle meanwhile.
  if (error && has(bundle.root())) return {};
  return status_of(error);
}

Status BundleStore::remove(const release::TreeRoot& root) const {
  std::error_code error;
  if (!has(root)) return fail(Code::not_found, "no such bundle is kept");
  fs::remove_all(place_of(root), error);
  return status_of(error);
}

}  // namespace latchkey::publish
