#include "vault/index_editor.h"

#include <algorithm>

#include "protocol/limits.h"

namespace latchkey::vault {
namespace {

constexpr std::size_t min_node_size = max_node_size / 4;  // below it a node looks for a neighbour to join

// Where to cut a list in two of about the same size; a list that grows at its end leaves the left part full.
template <class List>
std::size_t cut_of(const List& list, bool is_at_end) {
  if (is_at_end) return list.size() - 1;
  std::size_t total = 0;
  for (const auto& item : list) total += size_of(item);
  std::size_t left = 0;
  std::size_t cut = 0;
  while (cut + 1 < list.size() && left < total / 2) left += size_of(list[cut++]);
  return cut;
}

template <class List>
List split_off(List& list, std::size_t at) {
  const auto from = list.begin() + static_cast<std::ptrdiff_t>(at);
  List tail;
  std::move(from, list.end(), std::back_inserter(tail));
  list.erase(from, list.end());
  return tail;
}

template <class List>
void move_to_end(List& to, List& from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
  from.clear();
}

bool is_empty(const Node& node) { return node.entries.empty() && node.branches.empty(); }

}  // namespace

Result<std::uint64_t> PartNumbers::take() {
  if (next_ > PartId::max_number) return fail(Code::storage_full, "the vault has used up its numbers; export it");
  return next_++;
}

IndexEditor::IndexEditor(NodeCache& cache, const Keyrings& keys, RecordWriter& writer, const NodeLink& root)
    : cache_(cache), keys_(keys), writer_(writer), root_link_(root) {}

Result<IndexEditor::DraftPtr> IndexEditor::load(const NodeLink& link) {
  auto draft = std::make_unique<Draft>();
  TRY(NodeCache::NodePtr node, cache_.load(writer_, keys_, link));
  draft->node = node->to_node();
  sources_.push_back(std::move(node));
  draft->link = link;
  draft->children.resize(draft->node.branches.size());
  return draft;
}

Result<IndexEditor::Draft*> IndexEditor::load_root() {
  if (!root_ && root_link_.is_empty()) root_ = std::make_unique<Draft>();
  if (!root_) {
    TRY(root_, load(root_link_));
  }
  return root_.get();
}

Result<IndexEditor::Draft*> IndexEditor::load_child(Draft& parent, std::size_t at) {
  if (!parent.children[at]) {
    TRY(parent.children[at], load(parent.node.branches[at].link));
  }
  return parent.children[at].get();
}

Result<std::optional<EntryView>> IndexEditor::find(std::string_view name) {
  TRY(Draft * draft, load_root());
  for (std::size_t depth = 0; !draft->node.is_leaf(); ++depth) {
    if (depth > protocol::limits::index_depth) return fail(Code::vault_corrupted, "index: depth");
    TRY(draft, load_child(*draft, branch_for(draft->node, name)));
  }
  const auto& entries = draft->node.entries;
  const auto found = std::ranges::lower_bound(entries, name, {}, &EntryView::name);
  if (found == entries.end() || found->name != name) return std::optional<EntryView>();
  return std::optional(*found);
}

Status IndexEditor::put(const EntryView& entry) {
  TRY(Draft* const root, load_root());
  EntryView kept = entry;
  kept.name = new_names_.emplace_back(entry.name);
  TRY_DO(put(*root, kept, 0));
  if (size_of(root->node) <= max_node_size) return {};
  auto above = std::make_unique<Draft>();
  const std::string_view first = root->node.is_leaf() ? root->node.entries[0].name : root->node.branches[0].first;
  above->node.branches.push_back({first, {}});
  above->children.push_back(std::move(root_));
  above->is_changed = true;
  root_ = std::move(above);
  split_child(*root_, 0, false);
  return {};
}

Status IndexEditor::put(Draft& draft, const EntryView& entry, std::size_t depth) {
  if (depth > protocol::limits::index_depth) return fail(Code::vault_corrupted, "index: depth");
  draft.is_changed = true;
  Node& node = draft.node;
  if (node.is_leaf()) {
    const auto at = std::ranges::lower_bound(node.entries, entry.name, {}, &EntryView::name);
    if (at != node.entries.end() && at->name == entry.name)
      *at = entry;
    else
      node.entries.insert(at, entry);
    return {};
  }
  const std::size_t at = branch_for(node, entry.name);
  // Only the first branch: what splits off it, or what it is joined to, must still come after its name.
  if (entry.name < node.branches[at].first) node.branches[at].first = entry.name;
  const bool is_last_branch = at + 1 == node.branches.size();
  TRY(Draft* const child, load_child(draft, at));
  const bool is_at_end = is_last_branch && child->node.is_leaf() && child->node.entries.back().name < entry.name;
  TRY_DO(put(*child, entry, depth + 1));
  if (size_of(child->node) > max_node_size) split_child(draft, at, is_at_end);
  return {};
}

void IndexEditor::split_child(Draft& parent, std::size_t at, bool is_at_end) {
  Draft& left = *parent.children[at];
  auto right = std::make_unique<Draft>();
  right->is_changed = true;
  Branch branch;
  if (left.node.is_leaf()) {
    right->node.entries = split_off(left.node.entries, cut_of(left.node.entries, is_at_end));
    branch.first = right->node.entries[0].name;
  } else {
    const std::size_t cut = cut_of(left.node.branches, false);
    right->node.branches = split_off(left.node.branches, cut);
    right->children = split_off(left.children, cut);
    branch.first = right->node.branches[0].first;
  }
  const auto place = static_cast<std::ptrdiff_t>(at) + 1;
  parent.node.branches.insert(parent.node.branches.begin() + place, std::move(branch));
  parent.children.insert(parent.children.begin() + place, std::move(right));
}

Status IndexEditor::remove(std::string_view name) {
  TRY(Draft* const root, load_root());
  return remove(*root, name, 0);
}

Status IndexEditor::remove(Draft& draft, std::string_view name, std::size_t depth) {
  if (depth > protocol::limits::index_depth) return fail(Code::vault_corrupted, "index: depth");
  draft.is_changed = true;
  Node& node = draft.node;
  if (node.is_leaf()) {
    const auto at = std::ranges::lower_bound(node.entries, name, {}, &EntryView::name);
    if (at == node.entries.end() || at->name != name) return fail(Code::not_found, "record");
    node.entries.erase(at);
    return {};
  }
  const std::size_t at = branch_for(node, name);
  TRY(Draft* const child, load_child(draft, at));
  TRY_DO(remove(*child, name, depth + 1));
  if (is_empty(child->node)) return drop_child(draft, at);
  if (size_of(child->node) < min_node_size) return merge_child(draft, at);
  return {};
}

Status IndexEditor::drop_child(Draft& parent, std::size_t at) {
  if (const NodeLink& link = parent.children[at]->link; !link.is_empty())
    TRY_DO(writer_.remove({PartKind::node, link.part}));
  parent.node.branches.erase(parent.node.branches.begin() + static_cast<std::ptrdiff_t>(at));
  parent.children.erase(parent.children.begin() + static_cast<std::ptrdiff_t>(at));
  return {};
}

// Joins a small child with a neighbour if both fit into one node.
Status IndexEditor::merge_child(Draft& parent, std::size_t at) {
  if (parent.node.branches.size() < 2) return {};
  const std::size_t left_at = at == 0 ? 0 : at - 1;
  TRY(Draft* const left, load_child(parent, left_at));
  TRY(Draft* const right, load_child(parent, left_at + 1));
  if (size_of(left->node) + size_of(right->node) > max_node_size) return {};
  left->is_changed = true;
  move_to_end(left->node.entries, right->node.entries);
  move_to_end(left->node.branches, right->node.branches);
  move_to_end(left->children, right->children);
  return drop_child(parent, left_at + 1);
}

// A root with one child is taken off; a root with nothing is gone.
Status IndexEditor::shrink_root() {
  while (root_->node.branches.size() == 1) {
    TRY_DO(load_child(*root_, 0));
    DraftPtr child = std::move(root_->children[0]);
    if (!root_->link.is_empty()) TRY_DO(writer_.remove({PartKind::node, root_->link.part}));
    root_ = std::move(child);
  }
  return {};
}

Result<NodeLink> IndexEditor::finish(PartNumbers& numbers, std::uint64_t sequence) {
  if (!root_) return root_link_;
  if (root_->is_changed) TRY_DO(shrink_root());
  if (!root_->is_changed) return root_->link;
  if (!is_empty(root_->node)) return seal(*root_, numbers, sequence);
  if (!root_->link.is_empty()) TRY_DO(writer_.remove({PartKind::node, root_->link.part}));
  return NodeLink{};
}

Result<NodeLink> IndexEditor::seal(Draft& draft, PartNumbers& numbers, std::uint64_t sequence) {
  for (std::size_t i = 0; i < draft.children.size(); ++i) {
    if (!draft.children[i] || !draft.children[i]->is_changed) continue;
    TRY(draft.node.branches[i].link, seal(*draft.children[i], numbers, sequence));
  }
  const Keyring& keys = keys_.current;
  TRY(PrintedNode node, PrintedNode::parse(print_node(draft.node)));
  NodeLink link = node.summarize(keys.generation());
  link.sequence = sequence;
  link.part = draft.link.part;
  if (link.part == 0) {
    TRY(link.part, numbers.take());
  }
  TRY(const Bytes sealed, seal_node(keys, node, link.part, sequence));
  TRY_DO(writer_.put({PartKind::node, link.part}, sealed));
  cache_.keep(link, std::make_shared<const PrintedNode>(std::move(node)));
  return link;
}

}  // namespace latchkey::vault
