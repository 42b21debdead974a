#include "update/vfs.h"

namespace latchkey::update {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string describe(const LockOwner& owner) {
  return std::to_string(owner.pid) + (owner.program.empty() ? "" : " (" + owner.program + ")");
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

Result<std::unique_ptr<File>> write_new(Vfs& vfs, const std::string& path, ByteView contents) {
  TRY(auto file, vfs.open(path, OpenMode::create));
  TRY_DO(file->truncate(0));
  TRY_DO(file->write(0, contents));
  return file;
}

std::string temporary_beside(const std::string& path) {
  const std::string folder = folder_of(path);
  return folder + (folder.empty() ? "" : "/") + std::string(temporary_prefix) + path.substr(path.rfind('/') + 1);
}

namespace {

enum class Durability { synced, left_to_the_system };

Status write_and_rename(Vfs& vfs, const std::string& path, ByteView contents, Durability how) {
  const std::string temporary = temporary_beside(path);
  const auto written = [&]() -> Status {
    TRY(const auto file, write_new(vfs, temporary, contents));
    return how == Durability::synced ? file->sync() : Status();
  };
  Status done = written();
  if (done) done = vfs.rename(temporary, path);
  if (!done) (void)vfs.remove(temporary);  // best effort: starts remove what is left
  return done;
}

}  // namespace

Status write_whole(Vfs& vfs, const std::string& path, ByteView contents) {
  TRY_DO(write_and_rename(vfs, path, contents, Durability::synced));
  return vfs.sync_folder(folder_of(path));
}

Status replace_whole(Vfs& vfs, const std::string& path, ByteView contents) {
  return write_and_rename(vfs, path, contents, Durability::left_to_the_system);
}

}  // namespace latchkey::update
