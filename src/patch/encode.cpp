#include "patch/encode.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "patch/decode.h"
#include "patch/group_sources.h"
#include "patch/matching.h"
#include "patch/memory_tree.h"
#include "patch/name_coder.h"
#include "patch/parser.h"
#include "patch/stretch.h"
#include "patch/substitutions.h"
#include "patch/text_coder.h"
#include "patch/zstd.h"

namespace latchkey::patch {
namespace {

// A modelled group below this part of its content is never beaten by the plain codec, which then need not be tried.
constexpr std::size_t small_enough = 4;

std::vector<BaseFile> list(std::span<const File> files) {
  std::vector<BaseFile> result(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) result[i] = {files[i].path, files[i].content.size()};
  return result;
}

Status check(std::span<const File> files) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].path.empty() || files[i].path.size() > limits::max_path_bytes)
      return fail(Code::invalid_argument, "path of a file");
    if (i != 0 && files[i].path <= files[i - 1].path)
      return fail(Code::invalid_argument, "files that are not sorted, or one twice");
    total += files[i].content.size();
  }
  if (files.size() > limits::max_files || total > limits::max_total_bytes) return fail(Code::input_too_large, "a tree");
  return {};
}

struct NoSink {
  void put(std::uint64_t, std::size_t) {}
};

class Encoding {
 public:
  Encoding(std::span<const File> base, std::span<const File> target, const EncodeOptions& options)
      : base_(base), target_(target), options_(options), base_files_(list(base)), reader_(base) {}

  Result<Bytes> run() {
    plan_table();
    learn();
    const Rewriter rewriter(table_, base_files_);
    rewriter_ = &rewriter;
    TRY_DO(plan_rebuilt());
    keep_within_work();
    TRY_DO(encode_groups());
    return frame();
  }

 private:
  [[nodiscard]] Trees trees() const {
    return {table_,
            base_files_,
            reader_,
            *rewriter_,
            limits::max_group_bytes,
            4 * limits::max_group_bytes,
            ~std::uint64_t{0},
            &work_};
  }

  void plan_table() {
    const auto matches = match_files(base_, target_);
    for (std::size_t i = 0; i < target_.size(); ++i) {
      Row row{target_[i].path, matches[i].source, Kind::copy, target_[i].content.size()};
      if (!matches[i].same) row.kind = kind_of(row, target_[i].content);
      table_.rows.push_back(std::move(row));
    }
  }

  // Sources that would not fit in memory are done without, unless both files are cut in pieces.
  Kind kind_of(Row& row, ByteView content) const {
    const bool large = content.size() > limits::max_group_bytes;
    const std::uint64_t source = row.source == no_source ? 0 : base_[row.source].content.size();
    if (!large && source > limits::max_group_bytes) row.source = no_source;
    if (!may_be_blanked(content)) return Kind::binary;
    return row.source == no_source || may_be_blanked(base_[row.source].content) ? Kind::text : Kind::binary;
  }

  void learn() {
    const Rewriter tokens(table_, base_files_);
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < table_.rows.size(); ++i) {
      const Row& row = table_.rows[i];
      if (row.kind != Kind::text || row.source == no_source || is_large(row)) continue;
      const ByteView source = base_[row.source].content;
      Pair pair{Bytes(source.begin(), source.end()), target_[i].content};
      tokens.replace_tokens(pair.old_text);
      if (!std::ranges::equal(pair.old_text, pair.new_text)) pairs.push_back(std::move(pair));
    }
    table_.substitutions = learn_substitutions(pairs);
  }

  Status plan_rebuilt() {
    const Trees all = trees();
    looks_.resize(table_.rows.size());
    for (std::size_t i = 0; i < table_.rows.size(); ++i) {
      Row& row = table_.rows[i];
      if (row.source == no_source) continue;
      if (is_large(row)) {
        plan_pieces(all, i);
        continue;
      }
      if (row.kind == Kind::binary) looks_[i] = base_files_[row.source].size;
      if (row.kind != Kind::text) continue;
      const std::uint64_t before = work_.left();
      (void)work_.take_longest();
      const auto source = read_source(all, row);
      looks_[i] = before - work_.left();
      if (!source) {  // outgrown by a substitution
        row.source = no_source;
        continue;
      }
      note_file(work_.take_longest(), source->size());
      if (std::ranges::equal(*source, target_[i].content)) row.kind = Kind::rebuilt;
    }
    return {};
  }

  // A stretch that a substitution lets outgrow a group is none.
  void plan_pieces(const Trees& all, std::size_t index) {
    const Row& row = table_.rows[index];
    const ByteView source = base_[row.source].content;
    const StretchFinder finder(source);
    std::vector<std::uint32_t>& stretches = stretches_[index];
    const std::uint64_t before = work_.left();
    for (const Part& part : parts_of(target_[index].content)) {
      const std::size_t begin = finder.find(part.content, part.at);
      const std::uint64_t left = work_.left();
      (void)work_.take_longest();
      const auto text = read_stretch(all, row, begin);
      stretches.push_back(static_cast<std::uint32_t>(text ? begin : source.size()));
      if (text) note_file(work_.take_longest(), text->size());
      if (!text) work_ = SourceWork(left);
    }
    looks_[index] = before - work_.left();
  }

  // Of a file that is larger than a group may be.
  struct Part {
    std::size_t at;
    ByteView content;
  };
  static std::vector<Part> parts_of(ByteView content) {
    std::vector<Part> parts;
    for (std::size_t at = 0; at < content.size(); at += limits::piece_bytes)
      parts.push_back({at, content.subspan(at, std::min(limits::piece_bytes, content.size() - at))});
    return parts;
  }
  static bool is_large(const Row& row) { return row.size > limits::max_group_bytes; }

  // A decoder looks through sources so often and no more. Trees that would need it have large sources of small files:
  // those do without.
  void keep_within_work() {
    const std::uint64_t allowed = SourceWork::of(table_, base_files_, target_bytes()).left();
    for (std::uint64_t ratio = 64; work_needed() > allowed; ratio /= 4) {
      for (std::size_t i = 0; i < table_.rows.size(); ++i) {
        Row& row = table_.rows[i];
        if (row.kind == Kind::copy || row.source == no_source || base_files_[row.source].size <= ratio * row.size)
          continue;
        row.source = no_source;
        if (row.kind == Kind::rebuilt) row.kind = Kind::text;
      }
      if (ratio == 0) return;
    }
  }

  std::uint64_t work_needed() {
    std::uint64_t looks = 0;
    for (std::size_t i = 0; i < table_.rows.size(); ++i)
      if (table_.rows[i].kind == Kind::rebuilt) looks += looks_[i];
    order_ = coding_order(table_);
    for (std::size_t i = 0; i < order_.size();) {
      std::uint32_t last = no_source;
      for (const std::size_t end = i + group_from(i); i < end; ++i) {
        const std::uint32_t source = table_.rows[order_[i]].source;
        if (source != no_source && source != last) looks += looks_[order_[i]];
        last = source;
      }
    }
    return looks;
  }

  [[nodiscard]] std::uint64_t target_bytes() const {
    std::uint64_t bytes = 0;
    for (const File& file : target_) bytes += file.content.size();
    return bytes;
  }

  // `longest`: before it was rewritten, or meanwhile.
  void note_file(std::uint64_t longest, std::size_t rewritten) {
    const std::uint64_t larger = std::max<std::uint64_t>(longest, rewritten);
    header_.largest_file = std::max(header_.largest_file, static_cast<std::uint32_t>(larger));
  }

  [[nodiscard]] std::uint64_t source_size(std::uint32_t row) const {
    const std::uint32_t source = table_.rows[row].source;
    return source == no_source ? 0 : base_files_[source].size;
  }

  Status encode_groups() {
    order_ = coding_order(table_);
    for (std::size_t i = 0; i < order_.size();) {
      if (is_large(table_.rows[order_[i]])) {
        TRY_DO(encode_pieces(order_[i++]));
        continue;
      }
      const std::size_t count = group_from(i);
      TRY_DO(encode_group(std::span(order_).subspan(i, count)));
      i += count;
    }
    return header_.groups <= limits::max_groups ? Status() : fail(Code::input_too_large, "groups of a patch");
  }

  // How many files from order_[begin] go into one group: of one kind, and within the options' size.
  [[nodiscard]] std::size_t group_from(std::size_t begin) const {
    std::uint64_t targets = 0;
    std::uint64_t sources = 0;
    std::size_t end = begin;
    for (; end < order_.size() && end - begin < 65535; ++end) {
      const Row& row = table_.rows[order_[end]];
      const bool adds_source = end == begin || row.source != table_.rows[order_[end - 1]].source;
      targets += row.size;
      if (adds_source) sources += source_size(order_[end]);
      if (end == begin) continue;
      if (row.kind != table_.rows[order_[begin]].kind || row.size > limits::max_group_bytes ||
          targets > options_.group_bytes || (adds_source && sources > options_.group_bytes))
        break;
    }
    return end - begin;
  }

  // What is to be packed into a group.
  struct Content {
    Kind kind = Kind::text;
    std::vector<ByteView> files;
    Bytes sources;
    std::function<Result<std::vector<Extent>>(Workspace&)> blank_sources;
  };
  struct Packed {
    Codec codec = Codec::stored;
    Bytes bytes;
  };

  Status encode_pieces(std::uint32_t index) {
    const Trees all = trees();
    const Row& row = table_.rows[index];
    const auto parts = parts_of(target_[index].content);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::uint32_t stretch = row.source == no_source ? 0 : stretches_.at(index)[i];
      Content content{row.kind, {parts[i].content}, {}, [&](Workspace& work) -> Result<std::vector<Extent>> {
                        TRY(const Extent extent, blank_stretch(all, row, stretch, 0, work));
                        return std::vector{extent};
                      }};
      TRY(content.sources, read_stretch(all, row, stretch));
      note_group(parts[i].content.size() + content.sources.size() + stretch_bytes);
      TRY(const Packed packed, pack(content));
      Bytes bytes;
      append_be(bytes, stretch);
      append(bytes, packed.bytes);
      add_group(packed.codec, 0, bytes);
    }
    return {};
  }

  Status encode_group(std::span<const std::uint32_t> rows) {
    const Trees all = trees();
    Content content;
    content.kind = table_.rows[rows.front()].kind;
    for (const std::uint32_t row : rows) content.files.push_back(target_[row].content);
    content.blank_sources = [&](Workspace& work) { return blank_sources(all, rows, 0, work); };
    TRY_DO(join_sources(all, rows, content.sources));
    for (const std::uint32_t row : rows)
      if (table_.rows[row].kind == Kind::binary && table_.rows[row].source != no_source) note_file(source_size(row), 0);
    note_group(target_bytes_of(table_, rows) + content.sources.size());
    TRY(const Packed packed, pack(content));
    add_group(packed.codec, static_cast<std::uint16_t>(rows.size()), packed.bytes);
    return {};
  }

  Result<Packed> pack(const Content& content) {
    Packed best;
    for (const ByteView file : content.files) append(best.bytes, file);
    const Bytes all = best.bytes;
    const bool may_model = !options_.only_plain && !base_.empty();
    // The decoder's models see just the groups they made.
    auto before = models_ == nullptr ? nullptr : std::make_unique<Models>(*models_);
    if (may_model) TRY_DO(try_modelled(content, best));
    if (best.bytes.size() > all.size() / small_enough) TRY_DO(try_plain(all, content.sources, best));
    if (best.codec != Codec::modelled && best.codec != Codec::bytes) models_ = std::move(before);
    return best;
  }

  Status try_plain(ByteView content, ByteView sources, Packed& best) {
    TRY(Bytes plain, compress(content, sources, options_.zstd_level));
    if (plain.size() < best.bytes.size()) best = {Codec::plain, std::move(plain)};
    return {};
  }

  // Keeps what the models learnt only if their code is the smaller one: the decoder's models see just the groups they
  // made.
  Status try_modelled(const Content& content, Packed& best) {
    auto models = models_ == nullptr ? std::make_unique<Models>() : std::make_unique<Models>(*models_);
    const Codec tried = content.kind == Kind::text ? Codec::modelled : Codec::bytes;
    std::size_t names = 0;
    TRY(Bytes modelled, encode_modelled(content, tried, *models, names));
    if (modelled.size() >= best.bytes.size()) return {};
    best = {tried, std::move(modelled)};
    models_ = std::move(models);
    header_.largest_names = std::max(header_.largest_names, static_cast<std::uint32_t>(names));
    return {};
  }

  Result<Bytes> encode_modelled(const Content& content, Codec codec, Models& models, std::size_t& names) {
    Workspace work;
    work.has_names = codec == Codec::modelled;
    TRY(const auto extents, content.blank_sources(work));
    work.largest_names = ~std::size_t{0};
    TextBuffer buffer;
    buffer.append(work.text.view());
    std::vector<Name> spelt;
    std::vector<std::size_t> ends;
    for (const ByteView file : content.files) {
      if (work.has_names)
        split_names(file, buffer, spelt);
      else
        buffer.append(file);
      ends.push_back(buffer.size());
    }
    std::vector<Piece> pieces;
    TRY(const Bytes text, encode_text(content.files, extents, buffer.view(), ends, models, work, pieces));
    TRY(const Bytes packed_names, encode_names(content.files, extents, pieces, spelt, models.names, work));
    names = work.names.size();
    return join_streams({text, packed_names});
  }

  // `buffer`: the sources, then the new texts, that end at `ends`; all blanked.
  static Result<Bytes> encode_text(std::span<const ByteView> files, std::span<const Extent> extents, ByteView buffer,
                                   std::span<const std::size_t> ends, Models& models, Workspace& work,
                                   std::vector<Piece>& pieces) {
    Parser parser(buffer, work.old_size);
    RangeEncoder encoder;
    TextCoder coder(encoder, models, work.text, work.has_names);
    std::size_t begin = work.old_size;
    for (std::size_t i = 0; i < files.size(); ++i) {
      TRY_DO(coder.begin_file(files[i].size(), extents[i], ends[i] - begin));
      for (const Step& step : parser.parse(begin, ends[i], extents[i].begin)) TRY_DO(coder.code_step(step, pieces));
      pieces.push_back({Piece::literal, 0});
      begin = ends[i];
    }
    return encoder.finish();
  }

  static Result<Bytes> encode_names(std::span<const ByteView> files, std::span<const Extent> extents,
                                    std::span<const Piece> pieces, std::span<const Name> spelt, NameModel& model,
                                    Workspace& work) {
    RangeEncoder encoder;
    NoSink sink;
    NameCoder coder(encoder, model, work, sink);
    for (const Piece& piece : pieces) coder.extend(piece.length);
    const Name* next = spelt.data();
    auto piece = pieces.begin();
    for (std::size_t i = 0; i < files.size(); ++i) {
      coder.begin_file(files[i].size(), extents[i]);
      for (; piece->length != 0; ++piece) TRY_DO(coder.code(*piece, next));
      ++piece;
      TRY_DO(coder.end_file());
    }
    return encoder.finish();
  }

  void note_group(std::size_t bytes) {
    header_.largest_group = std::max(header_.largest_group, static_cast<std::uint32_t>(bytes));
  }

  void add_group(Codec codec, std::uint16_t files, ByteView packed) {
    append_group_head(groups_, {codec, files, static_cast<std::uint32_t>(packed.size())});
    append(groups_, packed);
    ++header_.groups;
  }

  Result<Bytes> frame() {
    const Bytes table = print_table(table_, base_files_);
    header_.base_files = static_cast<std::uint32_t>(base_.size());
    header_.target_files = static_cast<std::uint32_t>(target_.size());
    header_.base_print = fingerprint_of(base_files_);
    header_.target_bytes = target_bytes();
    header_.table_bytes = static_cast<std::uint32_t>(table.size());
    Bytes patch;
    append_header(patch, header_);
    append(patch, table);
    append(patch, groups_);
    return patch;
  }

  std::span<const File> base_, target_;
  const EncodeOptions& options_;
  std::vector<BaseFile> base_files_;
  mutable MemoryBase reader_;
  const Rewriter* rewriter_ = nullptr;
  Table table_;
  Header header_;
  std::vector<std::uint32_t> order_;
  std::map<std::size_t, std::vector<std::uint32_t>> stretches_;  // of rows in pieces that have a source
  std::vector<std::uint64_t> looks_;  // per row: what its source asks of a decoder (SourceWork)
  mutable SourceWork work_;
  std::unique_ptr<Models> models_;
  Bytes groups_;
};

Status verify(ByteView patch, std::span<const File> base, std::span<const File> target) {
  MemoryBase reader(base);
  MemoryTarget made(base);
  TRY_DO(decode(patch, reader, made));
  if (made.files().size() != target.size()) return fail(Code::internal, "the patch does not make the target");
  auto at = made.files().begin();
  for (const File& file : target) {
    if (at->first != file.path || !std::ranges::equal(at->second, file.content))
      return fail(Code::internal, "the patch does not make the target");
    ++at;
  }
  return {};
}

}  // namespace

Result<Bytes> encode(std::span<const File> base, std::span<const File> target, const EncodeOptions& options) {
  TRY_DO(check(base));
  TRY_DO(check(target));
  TRY(Bytes patch, Encoding(base, target, options).run());
  TRY_DO(verify(patch, base, target));
  return patch;
}

}  // namespace latchkey::patch
