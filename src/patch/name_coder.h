// The names of a group's new texts, in the places where the text coder left blanks. The same code writes and reads
// them; what comes out is the new files themselves.
#pragma once

#include <algorithm>
#include <bit>
#include <span>

#include "patch/group_coder.h"
#include "patch/range_coder.h"

namespace latchkey::patch {

// `Sink` receives the bytes of the files as they become known, up to eight at a time; nothing on the encoder's side.
template <class Coder, class Sink>
class NameCoder {
 public:
  NameCoder(Coder& coder, NameModel& model, Workspace& work, Sink& sink)
      : coder_(coder), model_(model), work_(work), sink_(sink), at_(work.old_size), known_(work.old_size) {}

  // A file of `size` bytes.
  void begin_file(std::uint64_t size, const Extent& source) {
    left_ = size;
    model_.begin_file();
    if (source.begin == learnt_.begin && source.end == learnt_.end) return;
    model_.learn_order(old_names(source));  // costs a look at all of them: once, if many files have one source
    learnt_ = source;
  }
  Status end_file() const {
    return left_ == 0 ? Status() : fail(Code::invalid_format, "a file shorter than announced");
  }

  // Tells that the text is there up to so many bytes more, which those of the next pieces add up to.
  void extend(std::size_t bytes) { known_ += bytes; }

  // `names`: the encoder's, in order.
  Status code(const Piece& piece, const Name*& names) {
    if (piece.source == Piece::literal) return take(piece.length, 0, 0, names);
    const std::size_t first = work_.has_names ? work_.rank(piece.source) : 0;
    return take(piece.length, first, piece.source < work_.old_size ? 1 : 2, names);
  }

 private:
  std::span<const Name> old_names(const Extent& source) {
    if (!work_.has_names || source.begin >= source.end) return {};
    const std::size_t first = work_.rank(source.begin);
    return std::span(work_.names).subspan(first, work_.rank(source.end) - first);
  }

  // `length` bytes of text whose blanks stand where the names from work_.names[old] on stood, if kind is not 0.
  Status take(std::size_t length, std::size_t old, std::uint32_t kind, const Name*& names) {
    const std::size_t end = at_ + length;
    while (take_plain(end)) {
      if (at_ == end) return {};
      NameContext context{0, 0, kind, recent()};
      if (kind != 0) {
        context.old = work_.names[old++];
        context.next_old = old < work_.names.size() ? work_.names[old] : 0;
      }
      TRY_DO(take_name(context, names));
      ++at_;
    }
    return fail(Code::invalid_format, "a file longer than announced");
  }

  // Up to the next blank or `end`. Whether the file has room for it.
  bool take_plain(std::size_t end) {
    while (at_ != end) {
      const std::size_t most = std::min(end - at_, sizeof(std::uint64_t));
      const std::uint64_t word = next_word(most);
      const std::size_t plain = std::min(bytes_before_blank(word), most);
      if (!put(word, plain)) return false;
      at_ += plain;
      if (plain != most) break;
    }
    return true;
  }

  Status take_name(const NameContext& context, const Name*& names) {
    Name name = 0;
    if constexpr (!Coder::decodes) name = *names++;
    name = model_.code(coder_, name, context);
    if constexpr (Coder::decodes)
      if (coder_.overran()) return fail(Code::invalid_format, "a group is cut short");
    if (name == 0 || work_.names.size() >= work_.largest_names)
      return fail(Code::invalid_format, "a name that does not fit");
    work_.names.push_back(name);
    return put(name, length_of(name)) ? Status() : fail(Code::invalid_format, "a file longer than announced");
  }

  bool put(std::uint64_t word, std::size_t count) {
    if (count > left_) return false;
    sink_.put(word, count);
    left_ -= count;
    return true;
  }

  // The next bytes of the text; what lies behind those that are known may be written at this very moment.
  [[nodiscard]] std::uint64_t next_word(std::size_t most) const {
    if (at_ + sizeof(std::uint64_t) <= known_) return work_.text.word_at(at_);
    std::uint64_t word = 0;
    for (std::size_t i = most; i-- != 0;) word = (word << 8) | work_.text[at_ + i];
    return word;
  }

  // How many bytes of a word stand before the first blank.
  [[nodiscard]] std::size_t bytes_before_blank(std::uint64_t word) const {
    static_assert(blank == 0xFF);
    const std::uint64_t zeros = ~word;  // a zero byte for each blank; of these, the lowest is found exactly
    const std::uint64_t marks = (zeros - 0x0101010101010101U) & word & 0x8080808080808080U;
    return marks == 0 || !work_.has_names ? sizeof word : static_cast<std::size_t>(std::countr_zero(marks)) / 8;
  }

  // The last four bytes of the new text, the last one lowest.
  [[nodiscard]] std::uint32_t recent() const {
    if (at_ - work_.old_size >= sizeof(std::uint64_t))
      return static_cast<std::uint32_t>(__builtin_bswap64(work_.text.word_at(at_ - sizeof(std::uint64_t))));
    const std::size_t known = std::min<std::size_t>(at_ - work_.old_size, 4);
    std::uint32_t bytes = 0;
    for (std::size_t i = known; i != 0; --i) bytes = (bytes << 8) | work_.text[at_ - i];
    return bytes;
  }

  Coder& coder_;
  NameModel& model_;
  Workspace& work_;
  Sink& sink_;
  std::size_t at_;     // in the text
  std::size_t known_;  // likewise: what is there
  std::uint64_t left_ = 0;
  Extent learnt_{~std::size_t{0}, 0, 0};  // whose order of names the model knows
};

}  // namespace latchkey::patch
