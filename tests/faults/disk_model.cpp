#include "tests/faults/disk_model.h"

#include <algorithm>

namespace latchkey::faults {
namespace {

constexpr std::size_t sector = 512;

void write(ByteView data, std::size_t at, Bytes& to) {
  if (to.size() < at + data.size()) to.resize(at + data.size());
  std::ranges::copy(data, to.begin() + static_cast<std::ptrdiff_t>(at));
}

bool toss(std::mt19937& random) { return random() % 2 == 0; }

}  // namespace

DiskModel::DiskModel(const Files& files, const std::map<std::string, std::uint64_t>& inodes) : names_(inodes) {
  for (const auto& [name, inode] : inodes) files_[inode].durable = files.at(name);
}

void DiskModel::take(const JournalEntry& entry) {
  switch (entry.deed) {
    case Deed::create:
      files_[entry.file] = {};
      pending_names_.push_back(entry);
      return;
    case Deed::write:
    case Deed::truncate:
      files_[entry.file].pending.push_back(entry);
      return;
    case Deed::sync: {
      File& file = files_[entry.file];
      for (const JournalEntry& pending : file.pending) apply(pending, file.durable);
      file.pending.clear();
      return;
    }
    case Deed::sync_folder:
      for (const JournalEntry& pending : pending_names_) apply(pending, names_);
      pending_names_.clear();
      return;
    case Deed::rename:
    case Deed::link:
    case Deed::unlink:
      pending_names_.push_back(entry);
      return;
  }
}

void DiskModel::apply(const JournalEntry& entry, Bytes& to) {
  if (entry.deed == Deed::truncate) return to.resize(entry.offset);
  write(entry.data, entry.offset, to);
}

void DiskModel::apply_part(const JournalEntry& entry, Bytes& to, std::mt19937& random) {
  if (entry.deed == Deed::truncate) return apply(entry, to);
  const ByteView data = entry.data;
  for (std::size_t at = 0; at < data.size();) {
    const std::size_t size = std::min(sector - (entry.offset + at) % sector, data.size() - at);
    if (toss(random)) write(data.subspan(at, size), entry.offset + at, to);
    at += size;
  }
}

void DiskModel::apply(const JournalEntry& entry, Names& to) {
  if (entry.deed == Deed::create) to[entry.name] = entry.file;
  if (entry.deed == Deed::unlink) to.erase(entry.name);
  if (entry.deed == Deed::link || entry.deed == Deed::rename) to[entry.other] = entry.file;
  if (entry.deed == Deed::rename) to.erase(entry.name);
}

DiskModel::Names DiskModel::names_after(Unsynced unsynced, std::mt19937& random) const {
  Names names = names_;
  std::size_t count = unsynced == Unsynced::lost ? 0 : pending_names_.size();
  if (unsynced == Unsynced::any_part) count = random() % (count + 1);
  for (std::size_t i = 0; i < count; ++i) apply(pending_names_[i], names);
  return names;
}

// Of the pending changes of a file a random number count at all, the last ones not, and of each a random part.
Bytes DiskModel::bytes_after(const File& file, Unsynced unsynced, std::mt19937& random) {
  Bytes bytes = file.durable;
  if (unsynced == Unsynced::lost) return bytes;
  const std::size_t all = file.pending.size();
  const std::size_t count = unsynced == Unsynced::kept ? all : random() % (all + 1);
  for (std::size_t i = 0; i < count; ++i) {
    if (unsynced == Unsynced::kept)
      apply(file.pending[i], bytes);
    else
      apply_part(file.pending[i], bytes, random);
  }
  return bytes;
}

Files DiskModel::cut_power(Unsynced unsynced, std::mt19937& random) const {
  Files files;
  for (const auto& [name, inode] : names_after(unsynced, random)) {
    const auto file = files_.find(inode);
    if (file != files_.end()) files[name] = bytes_after(file->second, unsynced, random);
  }
  return files;
}

}  // namespace latchkey::faults
