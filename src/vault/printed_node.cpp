#include "vault/printed_node.h"

#include <algorithm>

#include "vault/associated_data.h"

namespace latchkey::vault {
namespace {

constexpr std::size_t max_fan_out = 128;  // more than fit into max_node_size

// Where each begins takes two bytes.
constexpr std::size_t largest_item = 1 + 255 + node_link_size;
static_assert(2 + max_fan_out * largest_item <= std::numeric_limits<std::uint16_t>::max());

AssociatedData data_of_node(const Keyring& keys, std::uint64_t part, std::uint64_t sequence) {
  AssociatedData data("latchkey/v1/vault/node", keys);
  data.number(part).number(sequence);
  return data;
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
  TRY_DO(node.take_items(count));
  return node;
}

Status PrintedNode::take_entry_at(std::size_t at) {
  const auto entry = bytes().subspan(at).first<entry_layout::size>();
  TRY_DO(check_entry(entry));
  ++record_count_;
  oldest_generation_ = std::min(oldest_generation_, generation_in(entry));
  earliest_expiry_ = std::min(earliest_expiry_, expiry_in(entry));
  return {};
}

// Where they lie: a reader that gives them out one by one takes longer than opening the node.
Status PrintedNode::take_items(std::size_t count) {
  const std::size_t size_behind_name = is_leaf() ? entry_layout::size : node_link_size;
  starts_.resize(count);
  std::string_view before;  // no name is empty
  std::size_t at = 2;
  for (std::uint16_t& start : starts_) {
    const ByteView rest = bytes().subspan(at);
    if (rest.empty() || rest.size() < 1U + rest[0] + size_behind_name) return fail(Code::vault_corrupted, "index: cut");
    start = static_cast<std::uint16_t>(at);
    const std::string_view name = as_text(rest.subspan(1, rest[0]));
    at += 1 + name.size();
    TRY_DO(is_leaf() ? take_entry_at(at) : take_link_at(at));
    if (name <= before) return fail(Code::vault_corrupted, "index: order");
    before = name;
    at += size_behind_name;
  }
  if (at != bytes_.size()) return fail(Code::vault_corrupted, "index: bytes left over");
  return {};
}

Status PrintedNode::take_link_at(std::size_t at) {
  const auto bytes = this->bytes().subspan(at).first<node_link_size>();
  TRY_DO(check_link(bytes));
  const NodeLink link = link_in(bytes);
  if (link.is_empty()) return fail(Code::vault_corrupted, "index: branch");
  record_count_ += link.record_count;
  oldest_generation_ = std::min(oldest_generation_, link.oldest_generation);
  earliest_expiry_ = std::min(earliest_expiry_, link.earliest_expiry);
  return {};
}

std::string_view PrintedNode::name_at(std::size_t at) const {
  const std::size_t start = starts_[at];
  return as_text(bytes().subspan(start + 1, bytes_[start]));
}

EntryView PrintedNode::entry_at(std::size_t at) const {
  const std::string_view name = name_at(at);
  return entry_in(name, bytes().subspan(starts_[at] + 1U + name.size()).first<entry_layout::size>());
}

NodeLink PrintedNode::link_at(std::size_t at) const {
  return link_in(bytes().subspan(starts_[at] + 1U + name_at(at).size()).first<node_link_size>());
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
  return keys.nodes().seal(node.bytes(), data_of_node(keys, part, sequence).bytes());
}

Result<PrintedNode> open_node(const Keyring& keys, ByteView sealed, const NodeLink& link) {
  auto plain = keys.nodes().open(sealed, data_of_node(keys, link.part, link.sequence).bytes());
  if (!plain) return fail(Code::vault_corrupted, "index");
  TRY(PrintedNode node, PrintedNode::parse(*std::move(plain)));
  NodeLink expected = node.summarize(link.generation);
  expected.part = link.part;
  expected.sequence = link.sequence;
  if (expected != link) return fail(Code::vault_corrupted, "index: link");
  return node;
}

}  // namespace latchkey::vault
