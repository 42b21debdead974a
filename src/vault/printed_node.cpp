#include "vault/printed_node.h"

#include <algorithm>

namespace latchkey::vault {
namespace {

constexpr std::size_t max_fan_out = 128;  // more than fit into max_node_size

// Where each begins takes two bytes.
constexpr std::size_t largest_item = 1 + 255 + node_link_size;
static_assert(2 + max_fan_out * largest_item <= std::numeric_limits<std::uint16_t>::max());

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

}  // namespace

Result<PrintedNode> PrintedNode::parse(WipedBytes bytes) {
  PrintedNode node(std::move(bytes));
  ByteReader reader(node.bytes_);
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version == 0) return fail(Code::vault_corrupted, "index: version");
  if (version > static_cast<std::uint8_t>(NodeVersion::inner)) return fail(Code::future_version, "index");
  node.version_ = static_cast<NodeVersion>(version);
  TRY(const auto count, reader.take_integer<std::uint8_t>());
  if (count == 0 || count > max_fan_out) return fail(Code::vault_corrupted, "index: count");
  node.starts_.reserve(count);
  std::string_view before;  // no name is empty
  for (unsigned i = 0; i < count; ++i) {
    node.starts_.push_back(static_cast<std::uint16_t>(node.bytes_.size() - reader.size()));
    TRY(const std::string_view name, node.take_item(reader));
    if (name <= before) return fail(Code::vault_corrupted, "index: order");
    before = name;
  }
  TRY_DO(reader.expect_end());
  return node;
}

Result<std::string_view> PrintedNode::take_item(ByteReader& reader) {
  return is_leaf() ? take_entry_name(reader) : take_branch_name(reader);
}

Result<std::string_view> PrintedNode::take_entry_name(ByteReader& reader) {
  TRY(const EntryView entry, take_entry(reader));
  ++record_count_;
  oldest_generation_ = std::min(oldest_generation_, entry.generation);
  earliest_expiry_ = std::min(earliest_expiry_, expiry_of(entry.attributes));
  return entry.name;
}

Result<std::string_view> PrintedNode::take_branch_name(ByteReader& reader) {
  TRY(const std::string_view name, take_name(reader));
  TRY(const NodeLink link, take_link(reader));
  if (link.is_empty()) return fail(Code::vault_corrupted, "index: branch");
  record_count_ += link.record_count;
  oldest_generation_ = std::min(oldest_generation_, link.oldest_generation);
  earliest_expiry_ = std::min(earliest_expiry_, link.earliest_expiry);
  return name;
}

std::string_view PrintedNode::name_at(std::size_t at) const {
  const std::size_t start = starts_[at];
  return as_text(bytes().subspan(start + 1, bytes_[start]));
}

// What parse() took is there to be taken again.
EntryView PrintedNode::entry_at(std::size_t at) const {
  ByteReader reader = reader_at(at);
  return *take_entry(reader);
}

NodeLink PrintedNode::link_at(std::size_t at) const {
  ByteReader reader(bytes().subspan(starts_[at] + 1U + name_at(at).size()));
  return *take_link(reader);
}

std::size_t PrintedNode::position_of(std::string_view name) const {
  const auto name_of = [this](const std::uint16_t& start) {
    return as_text(bytes().subspan(start + 1U, bytes_[start]));
  };
  return static_cast<std::size_t>(std::ranges::lower_bound(starts_, name, {}, name_of) - starts_.begin());
}

std::size_t PrintedNode::branch_for(std::string_view name) const {
  const std::size_t at = position_of(name);
  return at == 0 || is_at(at, name) ? at : at - 1;
}

NodeLink PrintedNode::summarize(std::uint32_t generation) const {
  return {.generation = generation,
          .oldest_generation = std::min(generation, oldest_generation_),
          .record_count = record_count_,
          .earliest_expiry = earliest_expiry_};
}

Node PrintedNode::to_node() const {
  Node node;
  node.entries.reserve(is_leaf() ? count() : 0);
  node.branches.reserve(is_leaf() ? 0 : count());
  for (std::size_t at = 0; at < count(); ++at) {
    if (is_leaf())
      node.entries.push_back(entry_at(at));
    else
      node.branches.push_back({name_at(at), link_at(at)});
  }
  return node;
}

Result<Bytes> seal_node(const Keyring& keys, const PrintedNode& node, std::uint64_t part, std::uint64_t sequence) {
  return keys.nodes().seal(node.bytes(), associated_data(keys, part, sequence));
}

Result<PrintedNode> open_node(const Keyring& keys, ByteView sealed, const NodeLink& link) {
  auto plain = keys.nodes().open(sealed, associated_data(keys, link.part, link.sequence));
  if (!plain) return fail(Code::vault_corrupted, "index");
  TRY(PrintedNode node, PrintedNode::parse(*std::move(plain)));
  NodeLink expected = node.summarize(link.generation);
  expected.part = link.part;
  expected.sequence = link.sequence;
  if (expected != link) return fail(Code::vault_corrupted, "index: link");
  return node;
}

}  // namespace latchkey::vault
