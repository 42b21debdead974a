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
Result<NodeLink> take_link(ByteReader& reader);

// A leaf's: one record.
struct Entry {
  WipedString name;
  RecordAttributes attributes;
  std::uint64_t part = 0;  // of the value
  std::uint64_t sequence = 0;
  std::uint32_t generation = 0;

  friend bool operator==(const Entry&, const Entry&) = default;
};
void print_entry(BytePrinter& to, const Entry& entry);
// Fails: vault_corrupted, future_version.
Result<Entry> take_entry(ByteReader& reader);
// Unix ms, or NodeLink::no_expiry.
std::uint64_t expiry_of(const RecordAttributes& attributes);

// An inner node's: a child, which holds the names from `first` up to the next branch's. What is below the first
// branch's belongs there too, and lowers its `first` when it is put.
struct Branch {
  WipedString first;
  NodeLink link;
};

struct Node {
  std::vector<Entry, WipingAllocator<Entry>> entries;     // of a leaf; by name
  std::vector<Branch, WipingAllocator<Branch>> branches;  // of an inner node; by name

  bool is_leaf() const { return branches.empty(); }
};
inline constexpr std::size_t max_node_size = 4000;  // a node fits one page of the file with its seal

// Bytes of it when printed.
std::size_t size_of_entry(std::string_view name);
inline std::size_t size_of(const Entry& entry) { return size_of_entry(entry.name); }
std::size_t size_of(const Branch& branch);
std::size_t size_of(const Node& node);
// Where in `branches` the name belongs.
std::size_t branch_for(const Node& node, std::string_view name);

// What can be told of a node from what is in it: record_count, earliest_expiry, oldest_generation (of those below;
// the node's own generation counts too). The other fields are the sealing's.
NodeLink summarize(const Node& node, std::uint32_t generation);

WipedBytes print_node(const Node& node);
// Fails: vault_corrupted, future_version.
Result<Node> parse_node(ByteView bytes);

// Associated data: "latchkey/v1/vault/node" | vault(16) | generation(4) | part(8) | sequence(8).
Result<Bytes> seal_node(const Keyring& keys, const Node& node, std::uint64_t part, std::uint64_t sequence);
// Fails: vault_corrupted (also when the node is not what the link says), future_version.
Result<Node> open_node(const Keyring& keys, ByteView sealed, const NodeLink& link);

}  // namespace latchkey::vault
