#include "patch/decode.h"

#include <memory>

#include "patch/group_sources.h"
#include "patch/limits.h"
#include "patch/name_coder.h"
#include "patch/text_stage.h"
#include "patch/zstd.h"

namespace latchkey::patch {
namespace {

constexpr std::size_t write_bytes = 64U << 10;

// Gathers bytes for the writer. A failure is kept until it is asked for, so that a put costs nothing.
class Sink {
 public:
  explicit Sink(TargetWriter& writer)
      : writer_(writer),
        buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(write_bytes + 2 * sizeof(std::uint64_t))) {}

  void put(std::uint64_t word, std::size_t count) {
    store_word(&buffer_[size_], word);
    size_ += count;
    if (size_ >= write_bytes) flush();
  }
  Status finish() {
    flush();
    return std::exchange(status_, {});
  }

 private:
  [[gnu::noinline]] void flush() {  // so that put() is short enough to be inlined
    if (status_ && size_ != 0) status_ = writer_.write({buffer_.get(), size_});
    size_ = 0;
  }

  TargetWriter& writer_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t size_ = 0;  // below write_bytes
  Status status_;
};

// Shorter texts are there before a thread has begun.
constexpr std::uint64_t worth_a_thread = 256U << 10;

class MemoryPatch final : public PatchReader {
 public:
  explicit MemoryPatch(ByteView patch) : rest_(patch) {}
  std::uint64_t left() const override { return rest_.size(); }
  Status read(MutableBytes to) override {
    std::ranges::copy(rest_.first(to.size()), to.begin());
    rest_ = rest_.subspan(to.size());
    return {};
  }

 private:
  ByteView rest_;
};

Status take(PatchReader& patch, std::size_t size, Bytes& bytes) {
  if (size > patch.left()) return fail(Code::invalid_format, "a patch is cut short");
  bytes.resize(size);
  return patch.read(bytes);
}

class Decoding {
 public:
  Decoding(const Header& header, const Trees& trees, TargetWriter& writer, std::uint64_t memory)
      : header_(header), trees_(trees), writer_(writer), memory_(memory) {}

  Status run(PatchReader& patch) {
    for (const Row& row : trees_.table.rows) {
      if (row.kind == Kind::copy) TRY_DO(copy(row));
      if (row.kind == Kind::rebuilt) TRY_DO(rebuild(row));
    }
    order_ = coding_order(trees_.table);
    TRY_DO(count(target_bytes_of(trees_.table, order_)));
    if (written_ != header_.target_bytes) return fail(Code::invalid_format, "the sizes of a patch do not add up");
    for (std::uint16_t i = 0; i < header_.groups; ++i) TRY_DO(take_group(patch));
    if (patch.left() != 0 || next_ != order_.size() || piece_ != 0)
      return fail(Code::invalid_format, "the groups of a patch");
    return {};
  }

 private:
  Status count(std::uint64_t bytes) {
    written_ += bytes;
    return written_ <= header_.target_bytes ? Status()
                                            : fail(Code::invalid_format, "the sizes of a patch do not add up");
  }

  Status copy(const Row& row) {
    TRY_DO(count(row.size));
    return writer_.copy(row.path, row.source);
  }

  Status rebuild(const Row& row) {
    TRY(const Bytes text, read_source(trees_, row));
    TRY_DO(count(text.size()));
    return write_file(row, text);
  }

  Status write_file(const Row& row, ByteView content) {
    TRY_DO(writer_.begin(row.path, content.size()));
    if (!content.empty()) TRY_DO(writer_.write(content));
    return writer_.end();
  }

  Status take_group(PatchReader& patch) {
    Bytes bytes;
    TRY_DO(take(patch, group_head_bytes, bytes));
    ByteView front = bytes;
    TRY(const GroupHead head, take_group_head(front));
    // No encoder packs a group into more than it is.
    if (head.packed_bytes > header_.largest_group) return fail(Code::input_too_large, "a group larger than announced");
    if (peak_memory_of(header_, head) > memory_) return fail(Code::input_too_large, "memory for a packed group");
    TRY_DO(take(patch, head.packed_bytes, bytes));
    return decode_group(head, bytes);
  }

  Status decode_group(const GroupHead& head, ByteView packed) {
    if (head.files == 0) return decode_piece(head, packed);
    if (piece_ != 0 || head.files > order_.size() - next_) return fail(Code::invalid_format, "the groups of a patch");
    const auto rows = std::span(order_).subspan(next_, head.files);
    next_ += head.files;
    const std::uint64_t targets = target_bytes_of(trees_.table, rows);
    if (targets > header_.largest_group) return fail(Code::input_too_large, "a group larger than announced");
    return head.codec >= Codec::modelled ? decode_modelled(head, rows, targets, packed)
                                         : decode_plain(head, rows, targets, packed);
  }

  Status decode_plain(const GroupHead& head, std::span<const std::uint32_t> rows, std::uint64_t targets,
                      ByteView packed) {
    Bytes sources;
    if (head.codec == Codec::plain) TRY_DO(join_sources(trees_, rows, sources));
    if (sources.size() + targets > header_.largest_group)
      return fail(Code::input_too_large, "a group larger than announced");
    Bytes content;
    TRY(ByteView rest, unpack(head, packed, sources, targets, content));
    for (const std::uint32_t index : rows) {
      const Row& row = trees_.table.rows[index];
      TRY_DO(write_file(row, rest.first(row.size)));
      rest = rest.subspan(row.size);
    }
    return {};
  }

  // What was packed: in `content`, or in `packed` if it is stored.
  static Result<ByteView> unpack(const GroupHead& head, ByteView packed, ByteView sources, std::uint64_t size,
                                 Bytes& content) {
    if (head.codec == Codec::plain) {
      content.resize(size);
      TRY_DO(decompress(packed, sources, content));
      return ByteView(content);
    }
    if (head.codec != Codec::stored || packed.size() != size) return fail(Code::invalid_format, "a stored group");
    return packed;
  }

  // One piece of a file that is larger than a group may be, and the stretch of the old file that it is made from.
  struct FilePiece {
    const Row& row;
    std::uint64_t size = 0;
    std::uint64_t stretch = 0;
    bool begins = false;
    bool ends = false;
  };

  Status decode_piece(const GroupHead& head, ByteView packed) {
    if (next_ == order_.size()) return fail(Code::invalid_format, "the groups of a patch");
    const Row& row = trees_.table.rows[order_[next_]];
    if (row.size <= limits::max_group_bytes) return fail(Code::invalid_format, "a piece of a small file");
    FilePiece piece{row, std::min<std::uint64_t>(limits::piece_bytes, row.size - piece_)};
    TRY(piece.stretch, take_stretch(packed));
    piece.begins = piece_ == 0;
    piece.ends = piece_ + piece.size == row.size;
    TRY_DO(head.codec >= Codec::modelled ? decode_modelled(head, piece, packed) : decode_plain(head, piece, packed));
    piece_ = piece.ends ? 0 : piece_ + piece.size;
    if (piece.ends) ++next_;
    return {};
  }

  Status decode_plain(const GroupHead& head, const FilePiece& piece, ByteView packed) {
    Bytes source;
    if (head.codec == Codec::plain) {
      TRY(source, read_stretch(trees_, piece.row, piece.stretch));
    }
    if (source.size() + piece.size > header_.largest_group)
      return fail(Code::input_too_large, "a group larger than announced");
    Bytes content;
    TRY(const ByteView made, unpack(head, packed, source, piece.size, content));
    if (piece.begins) TRY_DO(writer_.begin(piece.row.path, piece.row.size));
    TRY_DO(writer_.write(made));
    return piece.ends ? writer_.end() : Status();
  }

  Status decode_modelled(const GroupHead& head, const FilePiece& piece, ByteView packed) {
    Workspace work;
    work.has_names = head.codec == Codec::modelled;
    TRY(const Extent source, blank_stretch(trees_, piece.row, piece.stretch, piece.size, work));
    const GroupFile file{piece.row.path, piece.size, source, piece.row.size, piece.begins, piece.ends};
    return decode_texts(packed, work, {&file, 1}, piece.size);
  }

  Status decode_modelled(const GroupHead& head, std::span<const std::uint32_t> rows, std::uint64_t targets,
                         ByteView packed) {
    Workspace work;
    work.has_names = head.codec == Codec::modelled;
    TRY(const auto extents, blank_sources(trees_, rows, targets, work));
    std::vector<GroupFile> files(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Row& row = trees_.table.rows[rows[i]];
      files[i] = {row.path, row.size, extents[i], row.size};
    }
    return decode_texts(packed, work, files, targets);
  }

  // `work` holds the blanked sources.
  Status decode_texts(ByteView packed, Workspace& work, std::span<const GroupFile> files, std::uint64_t targets) {
    if (models_ == nullptr) models_ = std::make_unique<Models>();
    TRY(const GroupStreams streams, split_streams(packed));
    work.text.reserve(work.old_size + targets);
    TextStage stage(streams.text, *models_, work, files);
    TextAhead text(stage, targets >= worth_a_thread);
    return fill_in_names(streams.names, work, files, text);
  }

  Status fill_in_names(ByteView packed, Workspace& work, std::span<const GroupFile> files, TextAhead& text) {
    RangeDecoder decoder(packed);
    Sink sink(writer_);
    NameCoder names(decoder, models_->names, work, sink);
    const Name* none = nullptr;
    std::vector<Piece> pieces;
    const GroupFile* file = files.data();
    TRY_DO(begin(*file, names));
    for (bool more = true; more;) {
      TRY(more, text.next(pieces));
      for (const Piece& piece : pieces) names.extend(piece.length);
      for (const Piece& piece : pieces) {
        if (piece.length != 0) {
          TRY_DO(names.code(piece, none));
          continue;
        }
        TRY_DO(names.end_file());
        TRY_DO(sink.finish());
        if (file->ends) TRY_DO(writer_.end());
        if (++file != files.data() + files.size()) TRY_DO(begin(*file, names));
      }
    }
    return decoder.used_all() ? Status() : fail(Code::invalid_format, "a group is too long");
  }

  template <class Names>
  Status begin(const GroupFile& file, Names& names) {
    names.begin_file(file.size, file.source);
    return file.begins ? writer_.begin(file.path, file.file_size) : Status();
  }

  const Header& header_;
  const Trees& trees_;
  TargetWriter& writer_;
  const std::uint64_t memory_;
  std::unique_ptr<Models> models_;
  std::vector<std::uint32_t> order_;
  std::size_t next_ = 0;     // in order_
  std::uint64_t piece_ = 0;  // bytes written of a file in pieces
  std::uint64_t written_ = 0;
};

Result<std::vector<BaseFile>> list(const BaseReader& base, const Header& header) {
  if (base.count() != header.base_files) return fail(Code::conflict, "the patch is for another base");
  std::vector<BaseFile> files(base.count());
  for (std::size_t i = 0; i < files.size(); ++i) files[i] = {base.path(i), base.size(i)};
  if (fingerprint_of(files) != header.base_print) return fail(Code::conflict, "the patch is for another base");
  return files;
}

}  // namespace

Result<Summary> read_summary(ByteView patch) {
  TRY(const Header header, take_header(patch));
  return Summary{header.base_files, header.target_files, header.target_bytes, peak_memory_of(header)};
}

Result<std::uint64_t> memory_to_apply(ByteView patch) {
  TRY(const Header header, take_header(patch));
  if (header.table_bytes > patch.size()) return fail(Code::invalid_format, "a patch is cut short");
  patch = patch.subspan(header.table_bytes);
  std::uint64_t peak = peak_memory_of(header);
  while (!patch.empty()) {
    TRY(const GroupHead head, take_group_head(patch));
    if (head.packed_bytes > patch.size()) return fail(Code::invalid_format, "a patch is cut short");
    patch = patch.subspan(head.packed_bytes);
    peak = std::max(peak, peak_memory_of(header, head));
  }
  return peak;
}

Status decode(PatchReader& patch, BaseReader& base, TargetWriter& target, std::uint64_t memory) {
  Bytes bytes;
  TRY_DO(take(patch, header_bytes, bytes));
  ByteView head = bytes;
  TRY(const Header header, take_header(head));
  if (peak_memory_of(header) > memory) return fail(Code::input_too_large, "memory");
  TRY(const auto files, list(base, header));
  TRY_DO(take(patch, header.table_bytes, bytes));
  TRY(const Table table, parse_table(bytes, files, header.target_files));
  bytes = {};
  const Rewriter rewriter(table, files);
  SourceWork work = SourceWork::of(table, files, header.target_bytes);
  const Trees trees{table, files, base, rewriter, header.largest_file, header.largest_group, header.largest_names,
                    &work};
  return Decoding(header, trees, target, memory).run(patch);
}

Status decode(ByteView patch, BaseReader& base, TargetWriter& target) {
  MemoryPatch reader(patch);
  return decode(reader, base, target, ~std::uint64_t{0});
}

}  // namespace latchkey::patch
