#include "vault/index_node.h"

#include <algorithm>

namespace latchkey::vault {

void print_link(BytePrinter& to, const NodeLink& link) {
  to.number(link.part);
  to.number(link.sequence);
  to.number(link.generation);
  to.number(link.oldest_generation);
  to.number(link.record_count);
  to.number(link.earliest_expiry);
}

Entry copy_of(const EntryView& entry) {
  return {WipedString(entry.name), entry.attributes, entry.part, entry.sequence, entry.generation};
}

EntryView view_of(const Entry& entry) {
  return {entry.name, entry.attributes, entry.part, entry.sequence, entry.generation};
}

void print_entry(BytePrinter& to, const EntryView& entry) {
  to.name(entry.name);
  to.number(static_cast<std::uint8_t>(entry.attributes.kind));
  to.number(static_cast<std::uint8_t>(entry.attributes.is_ask_every_time ? entry_layout::flag_ask_every_time : 0));
  to.number(static_cast<std::uint64_t>(to_unix_millis(entry.attributes.written_at)));
  to.number(expiry_of(entry.attributes));
  to.number(entry.part);
  to.number(entry.sequence);
  to.number(entry.generation);
}

EntryView entry_in(std::string_view name, EntryBytes bytes) {
  const auto time = [](std::uint64_t millis) { return from_unix_millis(static_cast<std::int64_t>(millis)); };
  const std::uint64_t expires_at = expiry_in(bytes);
  const RecordAttributes attributes{
      .kind = static_cast<RecordKind>(bytes[0]),
      .is_ask_every_time = bytes[1] == entry_layout::flag_ask_every_time,
      .written_at = time(load_be<std::uint64_t>(bytes.subspan<2, 8>())),
      .expires_at = expires_at != NodeLink::no_expiry ? std::optional(time(expires_at)) : std::nullopt};
  return {.name = name,
          .attributes = attributes,
          .part = part_in(bytes),
          .sequence = load_be<std::uint64_t>(bytes.subspan<26, 8>()),
          .generation = generation_in(bytes)};
}

Result<EntryView> take_entry(ByteReader& reader) {
  TRY(const std::string_view name, take_name(reader));
  TRY(const ByteView taken, reader.take(entry_layout::size));
  const auto bytes = taken.first<entry_layout::size>();
  TRY_DO(check_entry(bytes));
  return entry_in(name, bytes);
}

Status check_link(LinkBytes bytes) {
  if (load_be<std::uint64_t>(bytes.first<8>()) > PartId::max_number) return fail(Code::vault_corrupted, "index: part");
  return {};
}

NodeLink link_in(LinkBytes bytes) {
  return {.part = load_be<std::uint64_t>(bytes.subspan<0, 8>()),
          .sequence = load_be<std::uint64_t>(bytes.subspan<8, 8>()),
          .generation = load_be<std::uint32_t>(bytes.subspan<16, 4>()),
          .oldest_generation = load_be<std::uint32_t>(bytes.subspan<20, 4>()),
          .record_count = load_be<std::uint64_t>(bytes.subspan<24, 8>()),
          .earliest_expiry = load_be<std::uint64_t>(bytes.subspan<32, 8>())};
}

Result<NodeLink> take_link(ByteReader& reader) {
  TRY(const ByteView taken, reader.take(node_link_size));
  const auto bytes = taken.first<node_link_size>();
  TRY_DO(check_link(bytes));
  return link_in(bytes);
}

std::size_t size_of_entry(std::string_view name) { return 1 + name.size() + entry_layout::size; }
std::size_t size_of(const Branch& branch) { return 1 + node_link_size + branch.first.size(); }
std::size_t size_of(const Node& node) {
  std::size_t size = 2;
  for (const EntryView& entry : node.entries) size += size_of(entry);
  for (const Branch& branch : node.branches) size += size_of(branch);
  return size;
}

std::size_t branch_for(const Node& node, std::string_view name) {
  const auto above = std::ranges::upper_bound(node.branches, name, {}, &Branch::first);
  return above == node.branches.begin() ? 0 : static_cast<std::size_t>(above - node.branches.begin()) - 1;
}

WipedBytes print_node(const Node& node) {
  BytePrinter to(size_of(node));
  to.number(static_cast<std::uint8_t>(node.is_leaf() ? NodeVersion::leaf : NodeVersion::inner));
  to.number(static_cast<std::uint8_t>(node.is_leaf() ? node.entries.size() : node.branches.size()));
  for (const EntryView& entry : node.entries) print_entry(to, entry);
  for (const Branch& branch : node.branches) {
    to.name(branch.first);
    print_link(to, branch.link);
  }
  return std::move(to).finish();
}

}  // namespace latchkey::vault
