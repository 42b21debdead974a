#include "vault/index.h"

#include <algorithm>

#include "protocol/limits.h"

namespace latchkey::vault {
namespace {

// About 4 MiB decrypted each: all leaves of a vault of 20,000 records, all inner nodes of one of 1,000,000.
constexpr std::size_t max_kept_leaves = 512;
constexpr std::size_t max_kept_inner = 1'024;

}  // namespace

const NodeCache::Kept* NodeCache::find(const Nodes& nodes, const NodeLink& link) {
  const auto kept = nodes.find(link.part);
  if (kept == nodes.end()) return nullptr;
  const bool is_this_write = kept->second.sequence == link.sequence && kept->second.generation == link.generation;
  return is_this_write ? &kept->second : nullptr;
}

Result<NodeCache::NodePtr> NodeCache::load(RecordReader& reader, const Keyrings& keys, const NodeLink& link) {
  if (const Kept* const kept = find(inner_, link)) return kept->node;
  if (const Kept* const kept = find(leaves_, link)) return kept->node;
  TRY(PrintedNode node, read(reader, keys, link));
  auto shared = std::make_shared<const PrintedNode>(std::move(node));
  keep(link, shared);
  return shared;
}

Result<PrintedNode> NodeCache::read(RecordReader& reader, const Keyrings& keys, const NodeLink& link) {
  TRY(const Keyring* const key, keys.of(link.generation));
  std::optional<PrintedNode> node;
  TRY(const bool is_there, reader.look_at({PartKind::node, link.part}, [&](ByteView sealed) -> Status {
    TRY(node, open_node(*key, sealed, link));
    return {};
  }));
  if (!is_there) return fail(Code::vault_corrupted, "a part of the index is missing");
  return *std::move(node);
}

void NodeCache::keep(const NodeLink& link, NodePtr node) {
  Nodes& nodes = node->is_leaf() ? leaves_ : inner_;
  const std::size_t most = node->is_leaf() ? max_kept_leaves : max_kept_inner;
  if (nodes.size() >= most && !nodes.contains(link.part)) nodes.erase(nodes.begin());
  nodes[link.part] = {link.sequence, link.generation, std::move(node)};
}

Result<std::optional<EntryView>> Index::find(std::string_view name) {
  if (root_.is_empty()) return std::optional<EntryView>();
  TRY(NodeCache::NodePtr node, cache_.load(reader_, keys_, root_));
  for (std::size_t depth = 0; !node->is_leaf(); ++depth) {
    if (depth > protocol::limits::index_depth) return fail(Code::vault_corrupted, "index: depth");
    TRY(node, cache_.load(reader_, keys_, node->link_at(node->branch_for(name))));
  }
  const std::size_t at = node->position_of(name);
  if (!node->is_at(at, name)) return std::optional<EntryView>();
  EntryView found = node->entry_at(at);
  found.name = name;
  return std::optional(found);
}

Result<Walk> Index::walk(const NodeLink& link, const Start& start, const Want& want, const Visit& visit,
                         std::size_t depth) {
  if (link.is_empty() || !want(link)) return Walk::go_on;
  if (depth > protocol::limits::index_depth) return fail(Code::vault_corrupted, "index: depth");
  TRY(const NodeCache::NodePtr node, cache_.load(reader_, keys_, link));
  const std::size_t begin = node->is_leaf() ? node->position_of(start.name) : node->branch_for(start.name);
  const bool is_one_skipped = node->is_leaf() && !start.is_included && node->is_at(begin, start.name);
  for (std::size_t at = is_one_skipped ? begin + 1 : begin; at < node->count(); ++at) {
    TRY(const Walk step,
        node->is_leaf() ? visit(node->entry_at(at)) : walk(node->link_at(at), start, want, visit, depth + 1));
    if (step == Walk::stop) return Walk::stop;
  }
  return Walk::go_on;
}

Result<std::uint64_t> Index::check() {
  if (root_.is_empty()) return std::uint64_t{0};
  return check(root_, {}, 0);
}

Result<std::uint64_t> Index::check(const NodeLink& link, const Bounds& bounds, std::size_t depth) {
  if (depth > protocol::limits::index_depth) return fail(Code::vault_corrupted, "index: depth");
  TRY(const NodeCache::NodePtr node, cache_.load(reader_, keys_, link));
  const auto is_inside = [&](std::string_view name) {
    return name >= bounds.from && (bounds.to.empty() || name < bounds.to);
  };
  std::uint64_t nodes = 1;
  for (std::size_t at = 0; at < node->count(); ++at) {
    if (!is_inside(node->name_at(at))) return fail(Code::vault_corrupted, "index: a name in the wrong place");
    if (node->is_leaf()) continue;
    const bool is_last = at + 1 == node->count();
    const Bounds inner{node->name_at(at), is_last ? bounds.to : node->name_at(at + 1)};
    TRY(const auto below, check(node->link_at(at), inner, depth + 1));
    nodes += below;
  }
  return nodes;
}

}  // namespace latchkey::vault
