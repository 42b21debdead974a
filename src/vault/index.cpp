#include "vault/index.h"

#include <algorithm>

#include "protocol/limits.h"

namespace latchkey::vault {
namespace {

// About 4 MiB decrypted each: all leaves of a vault of 20,000 records, all inner nodes of one of 1,000,000.
constexpr std::size_t max_kept_leaves = 512;
constexpr std::size_t max_kept_inner = 1'024;

std::string_view name_of_entry(const Entry& entry) { return entry.name; }

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
  TRY(Node node, read(reader, keys, link));
  auto shared = std::make_shared<Node>(std::move(node));
  keep(link, shared);
  return shared;
}

Result<Node> NodeCache::read(RecordReader& reader, const Keyrings& keys, const NodeLink& link) {
  TRY(const auto sealed, reader.find({PartKind::node, link.part}));
  if (!sealed) return fail(Code::vault_corrupted, "a part of the index is missing");
  TRY(const Keyring* const key, keys.of(link.generation));
  return open_node(*key, *sealed, link);
}

Result<Node> NodeCache::take(RecordReader& reader, const Keyrings& keys, const NodeLink& link) {
  for (Nodes* const nodes : {&inner_, &leaves_}) {
    const Kept* const kept = find(*nodes, link);
    if (kept == nullptr) continue;
    if (kept->node.use_count() != 1) return Node(*kept->node);
    Node taken = std::move(*kept->node);
    nodes->erase(link.part);
    return taken;
  }
  return read(reader, keys, link);
}

void NodeCache::keep(const NodeLink& link, std::shared_ptr<Node> node) {
  Nodes& nodes = node->is_leaf() ? leaves_ : inner_;
  const std::size_t most = node->is_leaf() ? max_kept_leaves : max_kept_inner;
  if (nodes.size() >= most && !nodes.contains(link.part)) nodes.erase(nodes.begin());
  nodes[link.part] = {link.sequence, link.generation, std::move(node)};
}

Result<std::shared_ptr<const Entry>> Index::find(std::string_view name) {
  if (root_.is_empty()) return std::shared_ptr<const Entry>();
  TRY(NodeCache::NodePtr node, cache_.load(reader_, keys_, root_));
  for (std::size_t depth = 0; !node->is_leaf(); ++depth) {
    if (depth > protocol::limits::index_depth) return fail(Code::vault_corrupted, "index: depth");
    const NodeCache::NodePtr parent = node;  // the link must live while the child is loaded
    TRY(node, cache_.load(reader_, keys_, parent->branches[branch_for(*parent, name)].link));
  }
  const auto found = std::ranges::lower_bound(node->entries, name, {}, name_of_entry);
  if (found == node->entries.end() || found->name != name) return std::shared_ptr<const Entry>();
  return std::shared_ptr<const Entry>(node, &*found);
}

Result<Walk> Index::walk(const NodeLink& link, const Start& start, const Want& want, const Visit& visit,
                         std::size_t depth) {
  if (link.is_empty() || !want(link)) return Walk::go_on;
  if (depth > protocol::limits::index_depth) return fail(Code::vault_corrupted, "index: depth");
  TRY(const NodeCache::NodePtr node, cache_.load(reader_, keys_, link));
  if (node->is_leaf()) {
    const auto begin = start.is_included ? std::ranges::lower_bound(node->entries, start.name, {}, name_of_entry)
                                         : std::ranges::upper_bound(node->entries, start.name, {}, name_of_entry);
    for (auto entry = begin; entry != node->entries.end(); ++entry) {
      TRY(const Walk step, visit(*entry));
      if (step == Walk::stop) return Walk::stop;
    }
    return Walk::go_on;
  }
  for (std::size_t i = branch_for(*node, start.name); i < node->branches.size(); ++i) {
    TRY(const Walk step, walk(node->branches[i].link, start, want, visit, depth + 1));
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
  for (const Entry& entry : node->entries)
    if (!is_inside(entry.name)) return fail(Code::vault_corrupted, "index: a name in the wrong place");
  std::uint64_t nodes = 1;
  for (std::size_t i = 0; i < node->branches.size(); ++i) {
    const bool is_last = i + 1 == node->branches.size();
    if (!is_inside(node->branches[i].first)) return fail(Code::vault_corrupted, "index: a branch in the wrong place");
    const Bounds inner{node->branches[i].first, is_last ? bounds.to : std::string_view(node->branches[i + 1].first)};
    TRY(const auto below, check(node->branches[i].link, inner, depth + 1));
    nodes += below;
  }
  return nodes;
}

}  // namespace latchkey::vault
