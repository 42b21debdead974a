// The blanked new texts of a group, step by step: bytes, and runs of the old texts or of the new one so far. The same
// code writes and reads them. Knows nothing of names: a blank is a byte.
#pragma once

#include <algorithm>
#include <span>

#include "patch/group_coder.h"
#include "patch/range_coder.h"

namespace latchkey::patch {

template <class Coder>
class TextCoder {
 public:
  // `text` holds the blanked sources and grows by the new texts.
  TextCoder(Coder& coder, Models& models, TextBuffer& text, bool has_names)
      : coder_(coder),
        models_(models),
        text_(text),
        old_size_(text.size()),
        has_names_(has_names),
        word_end_(old_size_) {}

  // A file of `size` bytes. How many its blanked text has is coded by what the source's blanks saved.
  Status begin_file(std::uint64_t size, const Extent& source, std::uint64_t blanked) {
    left_ = size;
    if (has_names_) {
      const std::int64_t guess = guess_of(static_cast<std::int64_t>(size), source);
      const std::int64_t coded =
          guess + models_.sizes.code(coder_, static_cast<std::int32_t>(static_cast<std::int64_t>(blanked) - guess));
      if (coded < 0 || coded > static_cast<std::int64_t>(size))
        return fail(Code::invalid_format, "size of a blanked text");
      left_ = static_cast<std::uint64_t>(coded);
    }
    position_.old_end = source.begin;
    position_.old_end_at = text_.size();
    position_.expected = source.begin < old_size_ ? source.begin : Position::no_byte;
    position_.expected_at = text_.size();
    return {};
  }
  [[nodiscard]] std::uint64_t left() const { return left_; }  // bytes until the file ends

  // Codes a step: the encoder's, or else one that is read. Appends to `pieces`, or makes the last literals longer.
  Status code_step(Step step, std::vector<Piece>& pieces) {
    models_.text.code(coder_, step, context());
    if constexpr (Coder::decodes)
      if (coder_.overran()) return fail(Code::invalid_format, "a group is cut short");
    if (step.length > left_) return fail(Code::invalid_format, "a file longer than announced");
    left_ -= step.length;
    if (step.kind == StepKind::byte) {
      text_.push(step.byte);
      if (pieces.empty() || pieces.back().source != Piece::literal || pieces.back().length == 0) pieces.push_back({});
      ++pieces.back().length;
      return {};
    }
    return take_run(step, pieces);
  }

 private:
  static std::int64_t guess_of(std::int64_t size, const Extent& source) {
    const auto saved = static_cast<std::int64_t>(source.bytes) - static_cast<std::int64_t>(source.end - source.begin);
    return std::max<std::int64_t>(size - saved, 0);
  }

  Status take_run(const Step& step, std::vector<Piece>& pieces) {
    const std::size_t at = text_.size();
    const std::int64_t source = position_.source_of(step, at);
    const bool from_old = step.kind <= StepKind::old;
    const auto limit = static_cast<std::int64_t>(from_old ? old_size_ : at);
    if (source < (from_old ? 0 : static_cast<std::int64_t>(old_size_)) || source >= limit ||
        (from_old && step.length > limit - source))
      return fail(Code::invalid_format, "a run outside of its text");
    const auto begin = static_cast<std::size_t>(source);
    copy(begin, step.length);
    position_.take(step, begin, at, old_size_);
    pieces.push_back({static_cast<std::uint32_t>(begin), step.length});
    return {};
  }

  // By words where the run does not take what it has just written.
  void copy(std::size_t from, std::size_t length) {
    std::uint8_t* const to = text_.room(length);
    const std::uint8_t* const source = text_.data() + from;
    if (from + length <= text_.size()) {
      std::memcpy(to, source, length);
    } else {
      for (std::size_t i = 0; i < length; ++i) to[i] = source[i];
    }
    text_.add(length);
  }

  // The last eight bytes of the new text, the last one lowest.
  [[nodiscard]] std::uint64_t last_bytes() const {
    const std::size_t size = text_.size();
    if (size - old_size_ >= sizeof(std::uint64_t)) return __builtin_bswap64(text_.word_at(size - 8));
    std::uint64_t bytes = 0;
    for (std::size_t i = old_size_; i < size; ++i) bytes = (bytes << 8) | text_[i];
    return bytes;
  }

  // The hash of the letters at the end of the text. Looks at each byte once.
  std::uint32_t word() {
    const std::size_t size = text_.size();
    std::size_t begin = size;
    while (begin > word_end_ && is_letter(text_[begin - 1])) --begin;
    if (begin != word_end_) word_ = 0;
    for (; begin < size; ++begin) word_ = (word_ + text_[begin]) * 0x2F0B4C47U;
    word_end_ = size;
    return word_;
  }
  static bool is_letter(std::uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
  }

  StepContext context() {
    const std::uint64_t last = last_bytes();
    StepContext c{static_cast<std::uint32_t>(last), static_cast<std::uint32_t>(last >> 32), word(), -1};
    const std::size_t at = text_.size();
    if (position_.expected != Position::no_byte) {
      const std::size_t i = position_.expected + (at - position_.expected_at);
      if (i < at && (position_.expected >= old_size_ || i < old_size_)) c.expected = text_[i];
    }
    return c;
  }

  Coder& coder_;
  Models& models_;
  TextBuffer& text_;
  std::size_t old_size_;
  bool has_names_;
  Position position_;
  std::uint64_t left_ = 0;
  std::size_t word_end_;  // where word_ was true
  std::uint32_t word_ = 0;
};

}  // namespace latchkey::patch
