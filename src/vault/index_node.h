// One node of the index: the tree of names that says which records there are, where their values lie, and which write
// sealed each of them. A parent names the exact write of each child, and the manifest that of the root; so nothing in
// the tree can be altered, swapped, dropped, added or put back one by one.
#pragma once

#include <limits>
#include <vector>

#include "base/time.h"
#include "base/wiping.h"
#include "vault/byte_printer.h"
#include "vault/byte_reader.h"
#include "vault/keyring.h"
#include "vault/record.h"
#include "vault/record_store.h"

namespace latchkey::vault {

// What a parent knows of a child.
struct NodeLink {
  static constexpr std::uint64_t no_expiry = std::numeric_limits<std::int64_t>::max();

  std::uint64_t part = 0;                     // 0: there is none (the root of an empty vault)
  std::uint64_t sequence = 0;                 // of the write that sealed it
  std::uint32_t generation = 0;               // of the key that sealed it
  std::uint32_t oldest_generation = 0;        // of any key in use in it or below
  std::uint64_t record_count = 0;             // in it and below
  std::uint64_t earliest_expiry = no_expiry;  // of any record in it or below, Unix ms

  bool is_empty() const { return part == 0; }
  friend bool operator==(const NodeLink&, const NodeLink&) = default;
};
inline constexpr std::size_t node_link_size = 8 + 8 + 4 + 4 + 8 + 8;
void print_link(BytePrinter& to, const NodeLink& link);
Result<NodeLink> take_link(ByteReader& reader);  // fails: vault_corrupted

// Of an entry or a branch. Fails: vault_corrupted.
inline Result<std::string_view> take_name(ByteReader& reader) {
  TRY(const ByteView bytes, reader.take_block<std::uint8_t>());
  if (bytes.empty()) return fail(Code::vault_corrupted, "index: name");
  return as_text(bytes);
}

// A leaf's: one record.
template <class Name>
struct EntryOf {
  Name name;
  RecordAttributes attributes;
  std::uint64_t part = 0;  // of the value
  std::uint64_t sequence = 0;
  std::uint32_t generation = 0;

  friend bool operator==(const EntryOf&, const EntryOf&) = default;
};
using Entry = EntryOf<WipedString>;
using Entries = std::vector<Entry, WipingAllocator<Entry>>;  // wiped with the short names that lie in it
using EntryView = EntryOf<std::string_view>;                 // the name where it lies, as long as it lies there
Entry copy_of(const EntryView& entry);
EntryView view_of(const Entry& entry);
void print_entry(BytePrinter& to, const EntryView& entry);
// The view is of what the reader reads. Fails: vault_corrupted, future_version.
Result<EntryView> take_entry(ByteReader& reader);
// Unix ms, or NodeLink::no_expiry.
inline std::uint64_t expiry_of(const RecordAttributes& attributes) {
  const auto& at = attributes.expires_at;
  return at ? static_cast<std::uint64_t>(to_unix_millis(*at)) : NodeLink::no_expiry;
}

// An inner node's: a child, which holds the names from `first` up to the next branch's. What is below the first
// branch's belongs there too, and lowers its `first` when it is put.
struct Branch {
  std::string_view first;
  NodeLink link;
};

// A node that is being changed; what is only read is a PrintedNode. Its names lie elsewhere: a change moves entries
// from node to node and leaves nearly all names as they are.
struct Node {
  std::vector<EntryView, WipingAllocator<EntryView>> entries;  // of a leaf; by name
  std::vector<Branch, WipingAllocator<Branch>> branches;       // of an inner node; by name

  bool is_leaf() const { return branches.empty(); }
};
inline constexpr std::size_t max_node_size = 4000;  // a node fits one page of the file with its seal

enum class NodeVersion : std::uint8_t { leaf = 1, inner = 2 };  // its first byte

// Bytes of it when printed.
std::size_t size_of_entry(std::string_view name);
inline std::size_t size_of(const EntryView& entry) { return size_of_entry(entry.name); }
std::size_t size_of(const Branch& branch);
std::size_t size_of(const Node& node);
// Where in `branches` the name belongs.
std::size_t branch_for(const Node& node, std::string_view name);

WipedBytes print_node(const Node& node);

// What an entry has behind its name.
namespace entry_layout {
inline constexpr std::size_t size = 1 + 1 + 8 + 8 + 8 + 8 + 4;
inline constexpr std::uint8_t flag_ask_every_time = 1;
}  // namespace entry_layout

// In the header: some 50 of them are looked at whenever a node is opened. Fails: vault_corrupted, future_version.
using EntryBytes = std::span<const std::uint8_t, entry_layout::size>;
inline std::uint64_t expiry_in(EntryBytes bytes) { return load_be<std::uint64_t>(bytes.subspan<10, 8>()); }
inline std::uint64_t part_in(EntryBytes bytes) { return load_be<std::uint64_t>(bytes.subspan<18, 8>()); }
inline std::uint32_t generation_in(EntryBytes bytes) { return load_be<std::uint32_t>(bytes.subspan<34, 4>()); }
inline Status check_entry(EntryBytes bytes) {
  if (bytes[0] < 1 || bytes[0] > 4 || bytes[1] > entry_layout::flag_ask_every_time)
    return fail(Code::future_version, "record");
  if (expiry_in(bytes) > NodeLink::no_expiry) return fail(Code::vault_corrupted, "index: expiry");
  const std::uint64_t part = part_in(bytes);
  if (part == 0 || part > PartId::max_number) return fail(Code::vault_corrupted, "index: part");
  return {};
}
// Of bytes that were checked.
EntryView entry_in(std::string_view name, EntryBytes bytes);

// The same of a link.
using LinkBytes = std::span<const std::uint8_t, node_link_size>;
Status check_link(LinkBytes bytes);
NodeLink link_in(LinkBytes bytes);

}  // namespace latchkey::vault
