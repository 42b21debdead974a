// A node of the index to read in: as it is printed, checked once, with where each of its names begins. Finding a name
// looks at some of its bytes and copies nothing.
#pragma once

#include "vault/index_node.h"

namespace latchkey::vault {

class PrintedNode final {
 public:
  // Fails: vault_corrupted, future_version.
  static Result<PrintedNode> parse(WipedBytes bytes);

  bool is_leaf() const { return version_ == NodeVersion::leaf; }
  ByteView bytes() const { return bytes_; }

  // `at` is below count(); names and views live as long as the node.
  std::size_t count() const { return starts_.size(); }
  std::string_view name_at(std::size_t at) const;
  EntryView entry_at(std::size_t at) const;  // of a leaf
  NodeLink link_at(std::size_t at) const;    // of an inner node
  // Where the first name is that does not come before `name`, and whether it is that name.
  std::size_t position_of(std::string_view name) const;
  bool is_at(std::size_t at, std::string_view name) const { return at < count() && name_at(at) == name; }
  // Of an inner node: where the name belongs.
  std::size_t branch_for(std::string_view name) const;

  // What can be told of a node from what is in it: record_count, earliest_expiry, oldest_generation (of those below;
  // the node's own generation counts too). The other fields are the sealing's.
  NodeLink summarize(std::uint32_t generation) const;
  Node to_node() const;  // its names are this one's

 private:
  explicit PrintedNode(WipedBytes bytes) : bytes_(std::move(bytes)) {}
  Status take_items(std::size_t count);
  Status take_entry_at(std::size_t at);
  Status take_link_at(std::size_t at);

  WipedBytes bytes_;
  NodeVersion version_ = NodeVersion::leaf;
  std::vector<std::uint16_t> starts_;
  std::uint64_t record_count_ = 0;
  std::uint64_t earliest_expiry_ = NodeLink::no_expiry;
  std::uint32_t oldest_generation_ = std::numeric_limits<std::uint32_t>::max();
};

// Associated data: "latchkey/v1/vault/node" | vault(16) | generation(4) | part(8) | sequence(8).
Result<Bytes> seal_node(const Keyring& keys, const PrintedNode& node, std::uint64_t part, std::uint64_t sequence);
// Fails: vault_corrupted (also when the node is not what the link says), future_version.
Result<PrintedNode> open_node(const Keyring& keys, ByteView sealed, const NodeLink& link);

}  // namespace latchkey::vault
