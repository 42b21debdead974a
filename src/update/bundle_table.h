// The table of an installed bundle: which files it has, by the hash of their contents. The bytes on the disk are
// exactly those a tree root is the hash of, so the bundle's name proves its table, and nothing is parsed that is not
// proven.
#pragma once

#include "base/bytes.h"
#include "protocol/release/tree.h"

namespace latchkey::update {

using protocol::release::FileEntry;
using protocol::release::Tree;
using protocol::release::TreeRoot;

Bytes print_table(const Tree& tree);

// Fails: authentication_failed (not the table of `root`), storage_corrupted, and what Tree::create() fails with.
Result<Tree> parse_table(ByteView bytes, const TreeRoot& root);

}  // namespace latchkey::update
