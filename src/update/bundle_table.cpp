#include "update/bundle_table.h"

#include "update/byte_reader.h"

namespace latchkey::update {
namespace {

constexpr std::string_view domain{"latchkey tree v1\0", 17};

Result<FileEntry> take_entry(ByteReader& from) {
  FileEntry entry;
  TRY(const auto length, from.take_integer<std::uint16_t>());
  TRY(const ByteView path, from.take(length));
  entry.path = as_text(path);
  TRY(entry.size, from.take_integer<std::uint64_t>());
  TRY(entry.sha256, from.take_array<32>());
  return entry;
}

}  // namespace

Bytes print_table(const Tree& tree) {
  Bytes out;
  append(out, as_bytes(domain));
  append_be(out, static_cast<std::uint32_t>(tree.files().size()));
  for (const FileEntry& file : tree.files()) {
    append_be(out, static_cast<std::uint16_t>(file.path.size()));
    append(out, as_bytes(file.path));
    append_be(out, file.size);
    append(out, file.sha256);
  }
  return out;
}

Result<Tree> parse_table(ByteView bytes, const TreeRoot& root) {
  if (crypto::sha256(bytes) != root) return fail(Code::authentication_failed, "table");
  ByteReader from(bytes);
  TRY(const ByteView found, from.take(domain.size()));
  if (as_text(found) != domain) return fail(Code::storage_corrupted, "not a table");
  TRY(const auto count, from.take_integer<std::uint32_t>());
  std::vector<FileEntry> files;
  for (std::uint32_t i = 0; i < count; ++i) {
    TRY(FileEntry entry, take_entry(from));
    files.push_back(std::move(entry));
  }
  TRY_DO(from.expect_end());
  TRY(Tree tree, Tree::create(std::move(files)));
  if (tree.root() != root) return fail(Code::storage_corrupted, "order of paths");
  return tree;
}

}  // namespace latchkey::update
