// One group of the modelled codec: old texts, then new texts, both blanked, in one buffer; steps and names interleaved
// in one stream. The same code writes and reads it.
#pragma once

#include <algorithm>
#include <bit>
#include <memory>
#include <span>

#include "base/result.h"
#include "patch/blanking.h"
#include "patch/name_model.h"
#include "patch/range_coder.h"
#include "patch/text_model.h"

namespace latchkey::patch {

// The blanked old texts of a group, one after the other, and behind them the new ones as far as they are known.
struct Workspace {
  TextBuffer text;
  std::vector<Name> names;
  std::size_t old_size = 0;
  std::size_t largest_names = ~std::size_t{0};
  bool has_names = true;  // else a blank is a byte like any other

  // How many names stand before text[at].
  [[nodiscard]] std::size_t rank(std::size_t at) {
    while (ranks_.size() <= at / rank_step) count_block();
    const ByteView rest = text.view().subspan(at - at % rank_step, at % rank_step);
    return ranks_[at / rank_step] + static_cast<std::size_t>(std::ranges::count(rest, blank));
  }

 private:
  static constexpr std::size_t rank_step = 128;
  void count_block();
  std::vector<std::uint32_t> ranks_{0};  // names before every 128th byte, as far as anybody asked
};

// Everything that learns; lives through all groups of a patch.
struct Models {
  static constexpr std::size_t tables = TextModel::table_bytes + NameModel::table_bytes;
  TextModel text;
  NameModel names;
};

// Where the next run is expected; the encoder's search asks the same questions.
struct Position {
  std::size_t old_end = 0;         // in the old text, where the last old run ended
  std::size_t old_end_at = 0;      // in the buffer, where that was written up to
  std::uint32_t distance = 0;      // of the last run from the new text
  std::size_t expected = no_byte;  // of the byte that would continue the last run, at `expected_at`
  std::size_t expected_at = 0;

  static constexpr std::size_t no_byte = ~std::size_t{0};
  [[nodiscard]] std::size_t onward(std::size_t at) const { return old_end + (at - old_end_at); }

  // Where `step` at buffer position `at` takes its bytes from; may be out of range for a hostile one.
  [[nodiscard]] std::int64_t source_of(const Step& step, std::size_t at) const;
  void take(const Step& step, std::size_t source, std::size_t at, std::size_t old_size);
};

// `Sink` receives the bytes of the text as they become known, up to eight at a time; nothing on the encoder's side.
template <class Coder, class Sink>
class GroupCoder {
 public:
  GroupCoder(Coder& coder, Models& models, Workspace& work, Sink& sink)
      : coder_(coder), models_(models), work_(work), text_(work.text), sink_(sink), word_end_(work.text.size()) {}

  // A file of `size` bytes whose old text is [source, source_end) of the buffer (blanked); `next` gives the encoder's
  // steps and names.
  template <class Next>
  Status code_file(std::uint64_t size, std::size_t source, std::size_t source_end, Next& next) {
    position_.old_end = source;
    position_.old_end_at = text_.size();
    position_.expected = source < work_.old_size ? source : Position::no_byte;
    position_.expected_at = text_.size();
    models_.names.begin_file(old_names(source, source_end));
    left_ = size;
    while (left_ != 0) TRY_DO(code_step(next));
    return {};
  }

 private:
  std::span<const Name> old_names(std::size_t begin, std::size_t end) {
    if (!work_.has_names || begin >= end) return {};
    const std::size_t first = work_.rank(begin);
    return std::span(work_.names).subspan(first, (end == text_.size() ? work_.names.size() : work_.rank(end)) - first);
  }

  template <class Next>
  Status code_step(Next& next) {
    Step step;
    if constexpr (!Coder::decodes) step = next.step();
    models_.text.code(coder_, step, context());
    if constexpr (Coder::decodes)
      if (coder_.overran()) return fail(Code::invalid_format, "a group is cut short");
    if (step.kind == StepKind::byte) return take_literal(step.byte, next);
    const std::size_t at = text_.size();
    const std::int64_t source = position_.source_of(step, at);
    const bool from_old = step.kind <= StepKind::old;
    const auto limit = static_cast<std::int64_t>(from_old ? work_.old_size : at);
    if (source < (from_old ? 0 : static_cast<std::int64_t>(work_.old_size)) || source >= limit || step.length > left_ ||
        (from_old && step.length > limit - source))
      return fail(Code::invalid_format, "a run outside of its text");
    const auto begin = static_cast<std::size_t>(source);
    TRY_DO(take_run(begin, begin + step.length, from_old ? 1 : 2, next));
    position_.take(step, begin, at, work_.old_size);
    return {};
  }

  template <class Next>
  Status take_run(std::size_t begin, std::size_t end, std::uint32_t kind, Next& next) {
    std::size_t name = work_.has_names ? work_.rank(begin) : 0;
    for (std::size_t i = begin; i < end;) {
      const std::uint64_t word = text_.word_at(i);
      const std::size_t plain = std::min({bytes_before_blank(word), end - i, text_.size() - i});
      TRY_DO(take_plain(word, plain));
      i += plain;
      if (i == end || plain == sizeof word || !is_blank(text_[i])) continue;
      const Name old = work_.names[name++];
      TRY_DO(take_name({old, name < work_.names.size() ? work_.names[name] : 0, kind, recent()}, next));
      ++i;
    }
    return {};
  }

  template <class Next>
  Status take_literal(std::uint8_t byte, Next& next) {
    return is_blank(byte) ? take_name({0, 0, 0, recent()}, next) : take_plain(byte, 1);
  }

  // The first `count` bytes of `word`, which are no blanks.
  Status take_plain(std::uint64_t word, std::size_t count) {
    if (count > left_) return fail(Code::invalid_format, "a file longer than announced");
    store_word(text_.room(count), word);
    text_.add(count);
    sink_.put(word, count);
    left_ -= count;
    return {};
  }

  template <class Next>
  Status take_name(const NameContext& context, Next& next) {
    Name name = 0;
    if constexpr (!Coder::decodes) name = next.name();
    name = models_.names.code(coder_, name, context);
    if (name == 0 || length_of(name) > left_ || work_.names.size() >= work_.largest_names)
      return fail(Code::invalid_format, "a name that does not fit");
    text_.push(blank);
    work_.names.push_back(name);
    sink_.put(name, length_of(name));
    left_ -= length_of(name);
    return {};
  }

  [[nodiscard]] bool is_blank(std::uint8_t byte) const { return byte == blank && work_.has_names; }
  // How many bytes of a word stand before the first blank.
  [[nodiscard]] std::size_t bytes_before_blank(std::uint64_t word) const {
    static_assert(blank == 0xFF);
    const std::uint64_t zeros = ~word;  // a zero byte for each blank; of these, the lowest is found exactly
    const std::uint64_t marks = (zeros - 0x0101010101010101U) & word & 0x8080808080808080U;
    return marks == 0 || !work_.has_names ? sizeof word : static_cast<std::size_t>(std::countr_zero(marks)) / 8;
  }

  // The last eight bytes of the new text, the last one lowest.
  [[nodiscard]] std::uint64_t last_bytes() const {
    const std::size_t size = text_.size();
    if (size - work_.old_size >= sizeof(std::uint64_t)) return __builtin_bswap64(text_.word_at(size - 8));
    std::uint64_t bytes = 0;
    for (std::size_t i = work_.old_size; i < size; ++i) bytes = (bytes << 8) | text_[i];
    return bytes;
  }
  [[nodiscard]] std::uint32_t recent() const { return static_cast<std::uint32_t>(last_bytes()); }

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
      if (i < at && (position_.expected >= work_.old_size || i < work_.old_size)) c.expected = text_[i];
    }
    return c;
  }

  Coder& coder_;
  Models& models_;
  Workspace& work_;
  TextBuffer& text_;
  Sink& sink_;
  Position position_;
  std::uint64_t left_ = 0;
  std::size_t word_end_;  // where word_ was true
  std::uint32_t word_ = 0;
};

}  // namespace latchkey::patch
