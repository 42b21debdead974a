#include "update/vfs.h"

namespace latchkey::update {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

Result<Bytes> read_whole(Vfs& vfs, const std::string& path, std::size_t max_size) {
  TRY(const auto file, vfs.open(path, OpenMode::read));
  TRY(const std::uint64_t size, file->size());
  if (size > max_size) return fail(Code::input_too_large, "file");
  Bytes bytes(static_cast<std::size_t>(size));
  TRY(const std::size_t got, file->read(0, bytes));
  if (got != bytes.size()) return fail(Code::storage_failed, "the file became shorter");
  return bytes;
}

namespace {

Status write_new(Vfs& vfs, const std::string& path, ByteView contents) {
  TRY(const auto file, vfs.open(path, OpenMode::create));
  TRY_DO(file->truncate(0));
  TRY_DO(file->write(0, contents));
  return file->sync();
}

}  // namespace

Status write_whole(Vfs& vfs, const std::string& path, ByteView contents) {
  const std::string folder = folder_of(path);
  const std::string temporary =
      folder + (folder.empty() ? "" : "/") + std::string(temporary_prefix) + path.substr(path.rfind('/') + 1);
  Status done = write_new(vfs, temporary, contents);
  if (done) done = vfs.rename(temporary, path);
  if (!done) {
    (void)vfs.remove(temporary);  // best effort: starts remove what is left
    return done;
  }
  return vfs.sync_folder(folder);
}

}  // namespace latchkey::update
