// What a disk may hold after the power was cut, from the journal of what a process did: bytes are sure to be there only
// when their file was synced after they were written, names only when their folder was. What was not synced may be
// there in any part, in sectors; names come and go in the order in which they were changed, as journalling file systems
// do.
#pragma once

#include <map>
#include <random>

#include "tests/faults/world.h"

namespace latchkey::faults {

class DiskModel {
 public:
  // `files` are durable; `inodes` are their numbers.
  DiskModel(const Files& files, const std::map<std::string, std::uint64_t>& inodes);

  void take(const JournalEntry& entry);

  enum class Unsynced { lost, kept, any_part };
  Files cut_power(Unsynced unsynced, std::mt19937& random) const;

 private:
  struct File {
    Bytes durable;
    std::vector<JournalEntry> pending;
  };
  using Names = std::map<std::string, std::uint64_t>;

  static void apply(const JournalEntry& entry, Bytes& to);
  static void apply_part(const JournalEntry& entry, Bytes& to, std::mt19937& random);
  static void apply(const JournalEntry& entry, Names& to);
  Names names_after(Unsynced unsynced, std::mt19937& random) const;
  static Bytes bytes_after(const File& file, Unsynced unsynced, std::mt19937& random);

  std::map<std::uint64_t, File> files_;
  Names names_;
  std::vector<JournalEntry> pending_names_;
};

}  // namespace latchkey::faults
