#include "vault/index_node.h"

#include <algorithm>

namespace latchkey::vault {
namespace {

constexpr std::uint8_t leaf_version = 1;  // the first byte of a node
constexpr std::uint8_t inner_version = 2;
constexpr std::uint8_t flag_ask_every_time = 1;
constexpr std::size_t max_fan_out = 128;  // more than fit into max_node_size

constexpr std::size_t entry_size = 1 + 1 + 1 + 8 + 8 + 8 + 8 + 4;

}  // namespace

void print_link(BytePrinter& to, const NodeLink& link) {
  to.number(link.part);
  to.number(link.sequence);
  to.number(link.generation);
  to.number(link.oldest_generation);
  to.number(link.record_count);
  to.number(link.earliest_expiry);
}

std::uint64_t expiry_of(const RecordAttributes& attributes) {
  return attributes.expires_at ? static_cast<std::uint64_t>(to_unix_millis(*attributes.expires_at))
                               : NodeLink::no_expiry;
}

void print_entry(BytePrinter& to, const Entry& entry) {
  to.name(entry.name);
  to.number(static_cast<std::uint8_t>(entry.attributes.kind));
  to.number(static_cast<std::uint8_t>(entry.attributes.is_ask_every_time ? flag_ask_every_time : 0));
  to.number(static_cast<std::uint64_t>(to_unix_millis(entry.attributes.written_at)));
  to.number(expiry_of(entry.attributes));
  to.number(entry.part);
  to.number(entry.sequence);
  to.number(entry.generation);
}

namespace {

Result<WipedString> take_name(ByteReader& reader) {
  TRY(const ByteView bytes, reader.take_block<std::uint8_t>());
  if (bytes.empty()) return fail(Code::vault_corrupted, "index: name");
  const std::string_view text = as_text(bytes);
  return WipedString(text.begin(), text.end());
}

Result<RecordAttributes> take_attributes(ByteReader& reader) {
  RecordAttributes attributes;
  TRY(const auto kind, reader.take_integer<std::uint8_t>());
  TRY(const auto flags, reader.take_integer<std::uint8_t>());
  if (kind < 1 || kind > 4 || flags > flag_ask_every_time) return fail(Code::future_version, "record");
  attributes.kind = static_cast<RecordKind>(kind);
  attributes.is_ask_every_time = flags == flag_ask_every_time;
  TRY(const auto written_at, reader.take_integer<std::uint64_t>());
  attributes.written_at = from_unix_millis(static_cast<std::int64_t>(written_at));
  TRY(const auto expires_at, reader.take_integer<std::uint64_t>());
  if (expires_at > NodeLink::no_expiry) return fail(Code::vault_corrupted, "index: expiry");
  if (expires_at != NodeLink::no_expiry)
    attributes.expires_at = from_unix_millis(static_cast<std::int64_t>(expires_at));
  return attributes;
}

Result<std::uint64_t> take_part(ByteReader& reader) {
  TRY(const auto part, reader.take_integer<std::uint64_t>());
  if (part == 0 || part > PartId::max_number) return fail(Code::vault_corrupted, "index: part");
  return part;
}

}  // namespace

Result<Entry> take_entry(ByteReader& reader) {
  Entry entry;
  TRY(entry.name, take_name(reader));
  TRY(entry.attributes, take_attributes(reader));
  TRY(entry.part, take_part(reader));
  TRY(entry.sequence, reader.take_integer<std::uint64_t>());
  TRY(entry.generation, reader.take_integer<std::uint32_t>());
  return entry;
}

namespace {

Result<Branch> take_branch(ByteReader& reader) {
  Branch branch;
  TRY(branch.first, take_name(reader));
  TRY(branch.link, take_link(reader));
  if (branch.link.is_empty()) return fail(Code::vault_corrupted, "index: branch");
  return branch;
}

Bytes associated_data(const Keyring& keys, std::uint64_t part, std::uint64_t sequence) {
  constexpr std::string_view label = "latchkey/v1/vault/node";
  Bytes out;
  out.reserve(label.size() + keys.context().size() + 16);
  append(out, as_bytes(label));
  append(out, keys.context());
  append_be(out, part);
  append_be(out, sequence);
  return out;
}

bool is_sorted_strictly(const Node& node) {
  const auto by_name = [](const auto& a, const auto& b) { return !(a < b); };
  return std::ranges::adjacent_find(node.entries, by_name, &Entry::name) == node.entries.end() &&
         std::ranges::adjacent_find(node.branches, by_name, &Branch::first) == node.branches.end();
}

}  // namespace

Result<NodeLink> take_link(ByteReader& reader) {
  NodeLink link;
  TRY(link.part, reader.take_integer<std::uint64_t>());
  if (link.part > PartId::max_number) return fail(Code::vault_corrupted, "index: part");
  TRY(link.sequence, reader.take_integer<std::uint64_t>());
  TRY(link.generation, reader.take_integer<std::uint32_t>());
  TRY(link.oldest_generation, reader.take_integer<std::uint32_t>());
  TRY(link.record_count, reader.take_integer<std::uint64_t>());
  TRY(link.earliest_expiry, reader.take_integer<std::uint64_t>());
  return link;
}

std::size_t size_of_entry(std::string_view name) { return entry_size + name.size(); }
std::size_t size_of(const Branch& branch) { return 1 + node_link_size + branch.first.size(); }
std::size_t size_of(const Node& node) {
  std::size_t size = 2;
  for (const Entry& entry : node.entries) size += size_of(entry);
  for (const Branch& branch : node.branches) size += size_of(branch);
  return size;
}

std::size_t branch_for(const Node& node, std::string_view name) {
  const auto above = std::ranges::upper_bound(node.branches, name, {},
                                              [](const Branch& branch) { return std::string_view(branch.first); });
  return above == node.branches.begin() ? 0 : static_cast<std::size_t>(above - node.branches.begin()) - 1;
}

NodeLink summarize(const Node& node, std::uint32_t generation) {
  NodeLink link{.generation = generation, .oldest_generation = generation, .record_count = node.entries.size()};
  for (const Entry& entry : node.entries) {
    link.oldest_generation = std::min(link.oldest_generation, entry.generation);
    link.earliest_expiry = std::min(link.earliest_expiry, expiry_of(entry.attributes));
  }
  for (const Branch& branch : node.branches) {
    link.oldest_generation = std::min(link.oldest_generation, branch.link.oldest_generation);
    link.earliest_expiry = std::min(link.earliest_expiry, branch.link.earliest_expiry);
    link.record_count += branch.link.record_count;
  }
  return link;
}

WipedBytes print_node(const Node& node) {
  BytePrinter to(size_of(node));
  to.number(node.is_leaf() ? leaf_version : inner_version);
  to.number(static_cast<std::uint8_t>(node.is_leaf() ? node.entries.size() : node.branches.size()));
  for (const Entry& entry : node.entries) print_entry(to, entry);
  for (const Branch& branch : node.branches) {
    to.name(branch.first);
    print_link(to, branch.link);
  }
  return std::move(to).finish();
}

Result<Node> parse_node(ByteView bytes) {
  ByteReader reader(bytes);
  Node node;
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version == 0) return fail(Code::vault_corrupted, "index: version");
  if (version > inner_version) return fail(Code::future_version, "index");
  TRY(const auto count, reader.take_integer<std::uint8_t>());
  if (count == 0 || count > max_fan_out) return fail(Code::vault_corrupted, "index: count");
  if (version == leaf_version)
    node.entries.reserve(count);
  else
    node.branches.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    if (version == leaf_version) {
      TRY(Entry entry, take_entry(reader));
      node.entries.push_back(std::move(entry));
    } else {
      TRY(Branch branch, take_branch(reader));
      node.branches.push_back(std::move(branch));
    }
  }
  TRY_DO(reader.expect_end());
  if (!is_sorted_strictly(node)) return fail(Code::vault_corrupted, "index: order");
  return node;
}

Result<Bytes> seal_node(const Keyring& keys, const Node& node, std::uint64_t part, std::uint64_t sequence) {
  return keys.nodes().seal(print_node(node), associated_data(keys, part, sequence));
}

Result<Node> open_node(const Keyring& keys, ByteView sealed, const NodeLink& link) {
  const auto plain = keys.nodes().open(sealed, associated_data(keys, link.part, link.sequence));
  if (!plain) return fail(Code::vault_corrupted, "index");
  TRY(Node node, parse_node(*plain));
  NodeLink expected = summarize(node, link.generation);
  expected.part = link.part;
  expected.sequence = link.sequence;
  if (expected != link) return fail(Code::vault_corrupted, "index: link");
  return node;
}

}  // namespace latchkey::vault
