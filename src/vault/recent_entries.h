// What was put lately: entries that the tree of names does not have yet. They lie in the manifest, which every write
// seals anyway, so that a write of one record seals its value and the manifest and nothing else; when they are many, or
// something else changes, all of them go into the tree at once. An entry here stands before the tree's of that name.
#pragma once

#include <memory>
#include <vector>

#include "vault/index_node.h"

namespace latchkey::vault {

// Sorted by name, and kept as printed: a write that adds one copies and seals all the others. Copies share what they
// hold until one of them changes. Not thread-safe.
class RecentEntries final {
 public:
  // About a third of a page, which a manifest of any length takes up in the log: about 25 short names.
  static constexpr std::size_t max_size = 1'536;
  enum class InTree : std::uint8_t { no = 0, yes = 1 };  // as in the file

  bool is_empty() const { return list_->starts.empty(); }
  std::size_t count() const { return list_->starts.size(); }
  // How many have no entry in the tree.
  std::uint64_t count_new() const { return list_->count_new; }
  // Unix ms, or NodeLink::no_expiry; earlier if it was that of an entry that has been replaced.
  std::uint64_t earliest_expiry() const { return list_->earliest_expiry; }

  // Of the names: where the first is that does not come before `name`, and whether it is that name.
  std::size_t position_of(std::string_view name) const;
  bool has(std::string_view name) const;
  // The name lives as long as no copy changes. `at` is below count().
  std::string_view name_at(std::size_t at) const;
  Result<EntryView> entry_at(std::size_t at) const;  // as long as its name
  // Its name is the one that was asked for, where that lies.
  Result<std::optional<EntryView>> find(std::string_view name) const;

  // Replaces the one of that name, which knew whether the tree has it.
  void put(const EntryView& entry, InTree in_tree);

  // Each: in the tree(1), and as in a leaf.
  ByteView printed() const { return list_->printed; }
  static std::size_t printed_size(std::string_view name) { return 1 + size_of_entry(name); }
  // Everything that is left. Fails: vault_corrupted, future_version.
  static Result<RecentEntries> take(ByteReader& reader);

  friend bool operator==(const RecentEntries& one, const RecentEntries& other) {
    return one.list_->printed == other.list_->printed;
  }

 private:
  struct List {
    WipedBytes printed;
    std::vector<std::size_t> starts;  // in it, of each
    std::uint64_t count_new = 0;
    std::uint64_t earliest_expiry = NodeLink::no_expiry;
  };
  std::shared_ptr<const List> list_ = std::make_shared<const List>();
};

}  // namespace latchkey::vault
