// Changes to the index inside one write: nodes are drafts in memory until finish() seals those that changed, each once,
// however many names a batch touches.
#pragma once

#include <deque>

#include "vault/index.h"

namespace latchkey::vault {

// Where a write gets the numbers of new parts from. Numbers are never used twice.
class PartNumbers final {
 public:
  explicit PartNumbers(std::uint64_t next) : next_(next) {}
  // Fails: storage_full (2^48 parts were written).
  Result<std::uint64_t> take();
  std::uint64_t next() const { return next_; }

 private:
  std::uint64_t next_;
};

// All references outlive it. Fails everywhere: vault_corrupted, and as the store.
class IndexEditor final {
 public:
  IndexEditor(NodeCache& cache, const Keyrings& keys, RecordWriter& writer, const NodeLink& root);

  Result<std::optional<EntryView>> find(std::string_view name);  // lives as long as the editor
  Status put(const EntryView& entry);                            // replaces the one of that name
  Status remove(std::string_view name);
  // Seals what changed as the write `sequence` and answers the root. Once.
  Result<NodeLink> finish(PartNumbers& numbers, std::uint64_t sequence);

 private:
  struct Draft {
    Node node;
    NodeLink link;  // as it was loaded; part 0: new
    bool is_changed = false;
    std::vector<std::unique_ptr<Draft>> children;  // beside node.branches; null: not loaded
  };
  using DraftPtr = std::unique_ptr<Draft>;

  Result<DraftPtr> load(const NodeLink& link);
  Result<Draft*> load_root();
  Result<Draft*> load_child(Draft& parent, std::size_t at);
  Status put(Draft& draft, const EntryView& entry, std::size_t depth);
  Status remove(Draft& draft, std::string_view name, std::size_t depth);
  void split_child(Draft& parent, std::size_t at, bool is_at_end);
  Status merge_child(Draft& parent, std::size_t at);
  Status drop_child(Draft& parent, std::size_t at);
  Status shrink_root();
  Result<NodeLink> seal(Draft& draft, PartNumbers& numbers, std::uint64_t sequence);

  NodeCache& cache_;
  const Keyrings& keys_;
  RecordWriter& writer_;
  NodeLink root_link_;
  DraftPtr root_;
  // Where the names of drafts lie.
  std::vector<NodeCache::NodePtr> sources_;
  std::deque<WipedString, WipingAllocator<WipedString>> new_names_;
};

}  // namespace latchkey::vault
