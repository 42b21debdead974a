#include "patch/table.h"

#include <memory>

#include "patch/limits.h"
#include "patch/model.h"
#include "patch/rename.h"

namespace latchkey::patch {
namespace {

// Bytes of names, each in the context of one other byte.
class StringModel {
 public:
  StringModel() : trees_(256 * 256) {}

  template <class Coder>
  char code(Coder& coder, char value, char context) {
    const std::span tree =
        std::span(trees_).subspan(static_cast<std::size_t>(static_cast<unsigned char>(context)) * 256, 256);
    return static_cast<char>(code_symbol<Coder, 60>(coder, static_cast<unsigned char>(value), 8, tree));
  }

 private:
  std::vector<Chance> trees_;
};

// Writes and reads a table with the same steps; when decoding, each step fills in what it was given.
template <class Coder>
class TableCoder {
 public:
  TableCoder(Coder& coder, BaseFiles base) : coder_(coder), base_(base) {}

  Status code(Table& table) {
    TRY_DO(code_substitutions(table.substitutions));
    std::string_view before;
    for (Row& row : table.rows) {
      TRY_DO(code_row(row, before));
      if (row.path.size() > limits::max_path_bytes || row.path <= before)
        return fail(Code::invalid_format, "paths of a patch");
      before = row.path;
      if (ran_out()) return fail(Code::invalid_format, "the table of a patch is cut short");
    }
    return {};
  }

 private:
  bool ran_out() const {
    if constexpr (Coder::decodes) return coder_.overran();
    return false;
  }

  Status code_substitutions(std::vector<Substitution>& all) {
    const std::uint32_t count = count_.code(coder_, static_cast<std::uint32_t>(all.size()));
    if (count > limits::max_substitutions) return fail(Code::input_too_large, "substitutions of a patch");
    all.resize(count);
    for (auto& [from, to] : all) {
      TRY_DO(code_length(from, length_, limits::max_substitution_bytes));
      TRY_DO(code_length(to, length_, limits::max_substitution_bytes));
      if (from.empty()) return fail(Code::invalid_format, "an empty substitution");
      char before = 0;
      for (char& c : from) before = c = words_.code(coder_, c, before);
      for (std::size_t i = 0; i < to.size(); ++i) to[i] = words_.code(coder_, to[i], i < from.size() ? from[i] : '\0');
    }
    return {};
  }

  Status code_length(std::string& text, NumberModel& model, std::size_t most) {
    const std::uint32_t length = model.code(coder_, static_cast<std::uint32_t>(text.size()));
    if (length > most) return fail(Code::input_too_large, "a string in the table of a patch");
    text.resize(length);
    return {};
  }

  Status code_row(Row& row, std::string_view before) {
    row.kind = static_cast<Kind>(
        code_symbol<Coder, 60>(coder_, static_cast<std::uint32_t>(row.kind), 2,
                               std::span(kinds_).subspan(4 * static_cast<std::size_t>(last_kind_), 4)));
    const bool has_source =
        !row.is_coded() || code_bit(coder_, row.source != no_source, sourced_[row.kind == Kind::text ? 0 : 1]);
    if (has_source) TRY_DO(code_source(row.source));
    if (!has_source) row.source = no_source;
    TRY_DO(has_source ? code_renamed(row.path, base_[row.source].path) : code_new_path(row.path, before));
    last_kind_ = row.kind;
    return code_size(row);
  }

  Status code_source(std::uint32_t& source) {
    const auto wanted = static_cast<std::int64_t>(source) - next_source_;
    const std::int64_t index = next_source_ + source_.code(coder_, static_cast<std::int32_t>(wanted));
    if (index < 0 || index >= static_cast<std::int64_t>(base_.size()))
      return fail(Code::invalid_format, "source of a file");
    source = static_cast<std::uint32_t>(index);
    next_source_ = index + 1;
    return {};
  }

  Status code_renamed(std::string& path, std::string_view source) {
    const std::size_t kind = last_kind_ == Kind::copy ? 0 : 1;
    if (code_bit(coder_, path == source, same_name_[kind])) {
      path = source;
      return {};
    }
    const Renaming names = compare_names(source, path);
    const std::uint32_t back = back_.code(coder_, static_cast<std::uint32_t>(names.back));
    const std::uint32_t old_middle =
        middle_.code(coder_, static_cast<std::uint32_t>(source.size() - names.front - names.back));
    const std::int32_t longer =
        longer_.code(coder_, static_cast<std::int32_t>(path.size()) - static_cast<std::int32_t>(source.size()));
    if (std::uint64_t{back} + old_middle > source.size()) return fail(Code::invalid_format, "name of a file");
    const std::int64_t middle = std::int64_t{old_middle} + longer;
    if (middle < 0 || middle > static_cast<std::int64_t>(limits::max_path_bytes))
      return fail(Code::invalid_format, "name of a file");
    const std::size_t front = source.size() - back - old_middle;
    if constexpr (Coder::decodes)
      path = std::string(source.substr(0, front)) + std::string(static_cast<std::size_t>(middle), '\0') +
             std::string(source.substr(source.size() - back));
    for (std::size_t i = front; i < front + static_cast<std::size_t>(middle); ++i)
      path[i] = hashes_.code(coder_, path[i], 0);
    return {};
  }

  Status code_new_path(std::string& path, std::string_view before) {
    std::uint32_t shared = 0;
    while (shared < std::min(path.size(), before.size()) && path[shared] == before[shared]) ++shared;
    shared = shared_.code(coder_, shared);
    if (shared > before.size()) return fail(Code::invalid_format, "name of a file");
    std::string rest = Coder::decodes ? std::string() : path.substr(shared);
    TRY_DO(code_length(rest, rest_, limits::max_path_bytes));
    char last = '/';
    for (char& c : rest) last = c = words_.code(coder_, c, last);
    path = std::string(before.substr(0, shared)) + rest;
    return {};
  }

  Status code_size(Row& row) {
    if (row.kind == Kind::copy) row.size = base_[row.source].size;
    if (!row.is_coded()) return {};
    const std::int64_t guess = row.source == no_source ? 0 : static_cast<std::int64_t>(base_[row.source].size);
    if (guess > static_cast<std::int64_t>(limits::max_total_bytes))
      return fail(Code::input_too_large, "a file of the base");
    const std::int64_t size =
        guess + growth_.code(coder_, static_cast<std::int32_t>(static_cast<std::int64_t>(row.size) - guess));
    if (size < 0 || size > static_cast<std::int64_t>(limits::max_total_bytes))
      return fail(Code::input_too_large, "size of a file");
    row.size = static_cast<std::uint64_t>(size);
    return {};
  }

  Coder& coder_;
  BaseFiles base_;
  Kind last_kind_ = Kind::copy;
  std::int64_t next_source_ = 0;
  std::array<Chance, 16> kinds_;
  std::array<Chance, 2> sourced_;
  std::array<Chance, 2> same_name_;
  NumberModel count_, length_, back_, middle_, shared_, rest_;
  SignedModel source_, longer_, growth_;
  StringModel words_, hashes_;
};

}  // namespace

Bytes print_table(const Table& table, BaseFiles base) {
  Table copy = table;
  RangeEncoder coder;
  if (!TableCoder<RangeEncoder>(coder, base).code(copy)) return {};
  return coder.finish();
}

Result<Table> parse_table(ByteView bytes, BaseFiles base, std::uint32_t files) {
  Table table;
  table.rows.resize(files);
  RangeDecoder coder(bytes);
  TRY_DO(TableCoder<RangeDecoder>(coder, base).code(table));
  if (!coder.used_all()) return fail(Code::invalid_format, "the table of a patch is too long");
  return table;
}

}  // namespace latchkey::patch
