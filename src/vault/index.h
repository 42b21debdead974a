// The index: an encrypted B+tree of names over the parts of a store. Reading it decrypts one path; what was decrypted
// is kept until the vault locks, and used again while the tree still names that very write of the node.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "vault/printed_node.h"

namespace latchkey::vault {

enum class Walk { go_on, stop };

// Nodes already opened. Not thread-safe.
class NodeCache final {
 public:
  using NodePtr = std::shared_ptr<const PrintedNode>;

  // Fails: vault_corrupted, and as the store.
  Result<NodePtr> load(RecordReader& reader, const Keyrings& keys, const NodeLink& link);
  void keep(const NodeLink& link, NodePtr node);
  void clear() {
    leaves_.clear();
    inner_.clear();
  }

 private:
  struct Kept {
    std::uint64_t sequence;
    std::uint32_t generation;
    NodePtr node;
  };
  using Nodes = std::unordered_map<std::uint64_t, Kept>;  // by part
  static const Kept* find(const Nodes& nodes, const NodeLink& link);
  static Result<PrintedNode> read(RecordReader& reader, const Keyrings& keys, const NodeLink& link);

  Nodes leaves_;
  Nodes inner_;  // apart, so that many leaves do not push out what every path leads through
};

// One tree as one transaction sees it. All references outlive it. Fails everywhere: vault_corrupted, and as the store.
class Index final {
 public:
  Index(NodeCache& cache, const Keyrings& keys, RecordReader& reader, const NodeLink& root)
      : cache_(cache), keys_(keys), reader_(reader), root_(root) {}

  // Its name is the one that was asked for, where that lies.
  Result<std::optional<EntryView>> find(std::string_view name);

  // In the order of names (bytes).
  struct Start {
    std::string_view name;  // empty: the beginning
    bool is_included = true;
  };
  using Visit = std::function<Result<Walk>(const EntryView&)>;
  Status walk_from(const Start& start, const Visit& visit) {
    return walk(root_, start, [](const NodeLink&) { return true; }, visit).map([](Walk) {});
  }
  // Only into subtrees that the caller wants to see.
  using Want = std::function<bool(const NodeLink&)>;
  Status walk_where(const Want& want, const Visit& visit) {
    return walk(root_, Start{}, want, visit).map([](Walk) {});
  }

  // Opens every node, and checks that names lie where their parents say. Answers how many nodes there are.
  Result<std::uint64_t> check();

 private:
  struct Bounds {
    std::string_view from;  // empty: none
    std::string_view to;    // empty: none
  };
  Result<Walk> walk(const NodeLink& link, const Start& start, const Want& want, const Visit& visit,
                    std::size_t depth = 0);
  Result<std::uint64_t> check(const NodeLink& link, const Bounds& bounds, std::size_t depth);

  NodeCache& cache_;
  const Keyrings& keys_;
  RecordReader& reader_;
  const NodeLink& root_;
};

}  // namespace latchkey::vault
