#include "patch/group_sources.h"

#include "patch/limits.h"

namespace latchkey::patch {
namespace {

// Calls `use(source)` for each source once, and gives where `text` stood before.
template <class Text, class Use>
Result<std::vector<Extent>> each_source(const Trees& trees, std::span<const std::uint32_t> rows, const Text& text,
                                        Use&& use) {
  std::vector<Extent> extents;
  extents.reserve(rows.size());
  std::uint32_t last = no_source;
  for (const std::uint32_t index : rows) {
    const Row& row = trees.table.rows[index];
    if (row.source == no_source) {
      extents.push_back({text.size(), text.size(), 0});
    } else if (row.source == last) {
      extents.push_back(extents.back());
    } else {
      TRY(Bytes source, read_source(trees, row));
      extents.push_back({text.size(), text.size(), source.size()});
      TRY_DO(use(std::move(source)));
      extents.back().end = text.size();
    }
    last = row.source;
  }
  return extents;
}

std::uint64_t source_bytes_of(const Trees& trees, std::span<const std::uint32_t> rows) {
  std::uint64_t sum = 0;
  std::uint32_t last = no_source;
  for (const std::uint32_t index : rows) {
    const std::uint32_t source = trees.table.rows[index].source;
    if (source != no_source && source != last) sum += trees.base[source].size;
    last = source;
  }
  return sum;
}

Result<Bytes> read_range(const Trees& trees, const Row& row, std::uint64_t begin, std::uint64_t size) {
  if (size > trees.largest_file) return fail(Code::input_too_large, "a source larger than announced");
  const bool is_rewritten = row.kind != Kind::binary;
  if (!is_rewritten) TRY_DO(trees.work->take(size));
  Bytes text;
  if (is_rewritten && trees.rewriter.may_lengthen()) text.reserve(trees.largest_file);
  text.resize(size);
  TRY_DO(trees.reader.read(row.source, begin, text));
  if (is_rewritten) TRY_DO(trees.rewriter.rewrite(text, *trees.work, trees.largest_file));
  return text;
}

// For all there may ever be, where `bytes` is not known to suffice: what grows is there twice while it does, and what
// is reserved and not used costs nothing.
std::uint64_t room_for(const Trees& trees, std::uint64_t bytes) {
  return trees.rewriter.may_lengthen() ? trees.largest_group : std::min(bytes, trees.largest_group);
}

void reserve(const Trees& trees, std::uint64_t bytes, Workspace& work) {
  const std::uint64_t room = room_for(trees, bytes);
  work.text.reserve(room);
  if (work.has_names) work.names.reserve(std::min(trees.largest_names, room) + names_too_many);
}

Status add_source(const Trees& trees, ByteView source, std::uint64_t targets, Workspace& work) {
  if (work.text.size() + source.size() + targets > trees.largest_group)
    return fail(Code::input_too_large, "a group larger than announced");
  if (!work.has_names) {
    work.text.append(source);
    return {};
  }
  if (!may_be_blanked(source)) return fail(Code::invalid_format, "a source with blanks of its own is no text");
  split_names(source, work.text, work.names, trees.largest_names);
  return work.names.size() <= trees.largest_names ? Status() : fail(Code::input_too_large, "more names than announced");
}

void end_sources(const Trees& trees, Workspace& work) {
  work.old_size = work.text.size();
  work.largest_names = trees.largest_names;
}

}  // namespace

Result<Bytes> read_source(const Trees& trees, const Row& row) {
  return read_range(trees, row, 0, trees.base[row.source].size);
}

Result<Bytes> read_stretch(const Trees& trees, const Row& row, std::uint64_t begin) {
  const std::uint64_t size = row.source == no_source ? 0 : trees.base[row.source].size;
  if (begin > size) return fail(Code::invalid_format, "a stretch behind its source");
  if (begin == size) return Bytes();
  return read_range(trees, row, begin, std::min<std::uint64_t>(limits::piece_bytes, size - begin));
}

Result<std::vector<Extent>> join_sources(const Trees& trees, std::span<const std::uint32_t> rows, Bytes& text) {
  text.reserve(room_for(trees, source_bytes_of(trees, rows)));
  return each_source(trees, rows, text, [&](Bytes source) -> Status {
    if (text.size() + source.size() > trees.largest_group)
      return fail(Code::input_too_large, "a group larger than announced");
    append(text, source);
    return {};
  });
}

Result<std::vector<Extent>> blank_sources(const Trees& trees, std::span<const std::uint32_t> rows,
                                          std::uint64_t targets, Workspace& work) {
  reserve(trees, source_bytes_of(trees, rows) + targets, work);
  TRY(auto extents,
      each_source(trees, rows, work.text, [&](Bytes source) { return add_source(trees, source, targets, work); }));
  end_sources(trees, work);
  return extents;
}

Result<Extent> blank_stretch(const Trees& trees, const Row& row, std::uint64_t begin, std::uint64_t target,
                             Workspace& work) {
  TRY(const Bytes source, read_stretch(trees, row, begin));
  reserve(trees, source.size() + target, work);
  TRY_DO(add_source(trees, source, target, work));
  end_sources(trees, work);
  return Extent{0, work.old_size, source.size()};
}

std::uint64_t target_bytes_of(const Table& table, std::span<const std::uint32_t> rows) {
  std::uint64_t sum = 0;
  for (const std::uint32_t row : rows) sum += table.rows[row].size;
  return sum;
}

}  // namespace latchkey::patch
