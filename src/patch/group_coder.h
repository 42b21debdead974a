// One group of the modelled codec: old texts, then new texts, both blanked, in one buffer; steps and names interleaved
// in one stream. The same code writes and reads it.
#pragma once

#include <algorithm>
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
  Bytes text;
  std::vector<Name> names;
  std::size_t old_size = 0;
  std::size_t largest_names = ~std::size_t{0};
  bool has_names = true;             // else a blank is a byte like any other
  std::vector<std::uint32_t> ranks;  // names before every 128th byte

  // How many names stand before text[at].
  [[nodiscard]] std::size_t rank(std::size_t at) const {
    const auto from = text.begin() + static_cast<std::ptrdiff_t>(at & ~std::size_t{127});
    return ranks[at >> 7] +
           static_cast<std::size_t>(std::count(from, text.begin() + static_cast<std::ptrdiff_t>(at), blank));
  }
  void rank_all();
  void push(std::uint8_t byte) {
    if ((text.size() & 127) == 0) ranks.push_back(static_cast<std::uint32_t>(names.size()));
    text.push_back(byte);
  }
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

// Receives the bytes of the text as they become known; nothing on the encoder's side.
template <class Coder, class Sink>
class GroupCoder {
 public:
  GroupCoder(Coder& coder, Models& models, Workspace& work, Sink& sink)
      : coder_(coder), models_(models), work_(work), sink_(sink), blank_(work.has_names ? blank : 0x100U) {}

  // A file of `size` bytes whose old text is [source, source_end) of the buffer (blanked); `next` gives the encoder's
  // steps and names.
  template <class Next>
  Status code_file(std::uint64_t size, std::size_t source, std::size_t source_end, Next& next) {
    position_.old_end = source;
    position_.old_end_at = work_.text.size();
    position_.expected = source < work_.old_size ? source : Position::no_byte;
    position_.expected_at = work_.text.size();
    models_.names.begin_file(old_names(source, source_end));
    left_ = size;
    while (left_ != 0) TRY_DO(code_step(next));
    return {};
  }

 private:
  std::span<const Name> old_names(std::size_t begin, std::size_t end) const {
    if (!work_.has_names || begin >= end) return {};
    const std::size_t first = work_.rank(begin);
    return std::span(work_.names)
        .subspan(first, (end == work_.text.size() ? work_.names.size() : work_.rank(end)) - first);
  }

  template <class Next>
  Status code_step(Next& next) {
    Step step;
    if constexpr (!Coder::decodes) step = next.step();
    models_.text.code(coder_, step, context());
    if constexpr (Coder::decodes)
      if (coder_.overran()) return fail(Code::invalid_format, "a group is cut short");
    if (step.kind == StepKind::byte) return take_byte(step.byte, {}, next);
    const std::size_t at = work_.text.size();
    const std::int64_t source = position_.source_of(step, at);
    const bool from_old = step.kind <= StepKind::old;
    const auto limit = static_cast<std::int64_t>(from_old ? work_.old_size : at);
    if (source < (from_old ? 0 : static_cast<std::int64_t>(work_.old_size)) || source >= limit || step.length > left_ ||
        (from_old && step.length > limit - source))
      return fail(Code::invalid_format, "a run outside of its text");
    const auto begin = static_cast<std::size_t>(source);
    TRY_DO(take_run(begin, step.length, from_old ? 1 : 2, next));
    position_.take(step, begin, at, work_.old_size);
    return {};
  }

  template <class Next>
  Status take_run(std::size_t begin, std::size_t length, std::uint32_t kind, Next& next) {
    std::size_t name = work_.has_names ? work_.rank(begin) : 0;
    for (std::size_t i = begin; i < begin + length; ++i) {
      const std::uint8_t byte = work_.text[i];
      if (byte != blank_) {
        if (left_ == 0) return fail(Code::invalid_format, "a file longer than announced");
        work_.push(byte);
        remember(byte);
        sink_.put(byte);
        --left_;
        continue;
      }
      TRY_DO(take_byte(blank, {work_.names[name++], kind, recent_}, next));
    }
    return {};
  }

  template <class Next>
  Status take_byte(std::uint8_t byte, NameContext context, Next& next) {
    if (byte != blank_) {
      if (left_ == 0) return fail(Code::invalid_format, "a file longer than announced");
      work_.push(byte);
      remember(byte);
      sink_.put(byte);
      --left_;
      return {};
    }
    context.text = recent_;
    Name name = 0;
    if constexpr (!Coder::decodes) name = next.name();
    name = models_.names.code(coder_, name, context);
    if (name == 0 || length_of(name) > left_ || work_.names.size() >= work_.largest_names)
      return fail(Code::invalid_format, "a name that does not fit");
    work_.push(blank);
    work_.names.push_back(name);
    remember(blank);
    for (Name rest = name; rest != 0; rest >>= 8) sink_.put(static_cast<std::uint8_t>(rest));
    left_ -= length_of(name);
    return {};
  }

  void remember(std::uint8_t byte) {
    earlier_ = (earlier_ << 8) | (recent_ >> 24);
    recent_ = (recent_ << 8) | byte;
    const bool letter =
        (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
    word_ = letter ? (word_ + byte) * 0x2F0B4C47U : 0;
  }

  [[nodiscard]] StepContext context() const {
    StepContext c{recent_, earlier_, word_, -1};
    const std::size_t at = work_.text.size();
    if (position_.expected != Position::no_byte) {
      const std::size_t i = position_.expected + (at - position_.expected_at);
      if (i < at && (position_.expected >= work_.old_size || i < work_.old_size)) c.expected = work_.text[i];
    }
    return c;
  }

  Coder& coder_;
  Models& models_;
  Workspace& work_;
  Sink& sink_;
  std::uint32_t blank_;
  Position position_;
  std::uint64_t left_ = 0;
  std::uint32_t recent_ = 0;
  std::uint32_t earlier_ = 0;
  std::uint32_t word_ = 0;
};

}  // namespace latchkey::patch
