// A bundle in memory: its files and their tree. What is packed, what patches start from.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/release/tree.h"

namespace latchkey::publish {

namespace release = protocol::release;

struct BundleFile {
  std::string path;
  Bytes content;
};

// Immutable; every rule of protocol/release/tree.h holds.
class Bundle final {
 public:
  // In any order. Fails: as release::Tree::create.
  static Result<Bundle> create(std::vector<BundleFile> files);

  const release::Tree& tree() const { return tree_; }
  const release::TreeRoot& root() const { return tree_.root(); }
  // In the order of tree().files().
  const std::vector<BundleFile>& files() const { return files_; }

 private:
  Bundle(std::vector<BundleFile> files, release::Tree tree) : files_(std::move(files)), tree_(std::move(tree)) {}
  std::vector<BundleFile> files_;
  release::Tree tree_;
};

}  // namespace latchkey::publish
