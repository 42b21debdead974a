#include "patch/blanking.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

namespace latchkey::patch {
namespace {

using SixteenBits = bool __attribute__((ext_vector_type(16)));
constexpr std::size_t block = 64;

// Which of 64 bytes are what, the first one lowest: of a word (`[A-Za-z0-9_$]`), a digit, a dot.
struct Masks {
  std::uint64_t words = 0;
  std::uint64_t digits = 0;
  std::uint64_t dots = 0;
};

template <class Comparison>
std::uint64_t bits_of(Comparison comparison) {
  const auto bits = std::bit_cast<std::uint16_t>(__builtin_convertvector(comparison, SixteenBits));
  return std::endian::native == std::endian::little ? bits : __builtin_bitreverse16(bits);
}

Masks masks_of(const std::uint8_t* at) {
  Masks masks;
  for (std::size_t i = 0; i < block; i += sizeof(Sixteen)) {
    const Sixteen bytes = load_sixteen(at + i);
    const auto digits = (bytes - '0') < 10;
    const auto letters = ((bytes | ('a' - 'A')) - 'a') < 26;
    masks.words |= bits_of(letters | digits | (bytes == '_') | (bytes == '$')) << i;
    masks.digits |= bits_of(digits) << i;
    masks.dots |= bits_of(bytes == '.') << i;
  }
  return masks;
}

constexpr Name pack(std::string_view word) {
  Name name = 0;
  for (std::size_t i = 0; i < word.size(); ++i)
    name |= static_cast<Name>(static_cast<unsigned char>(word[i])) << (8 * i);
  return name;
}

// Words that no minifier renames, and that mark the structure of code.
constexpr std::array<Name, 20> keywords{pack("if"),  pack("in"),  pack("do"),  pack("of"),  pack("as"),
                                        pack("for"), pack("var"), pack("let"), pack("new"), pack("try"),
                                        pack("get"), pack("set"), pack("NaN"), pack("px"),  pack("div"),
                                        pack("is"),  pack("to"),  pack("the"), pack("and"), pack("svg")};

constexpr std::size_t slot_of(Name name) { return (name * 2654435761U) >> 24; }
constexpr auto keyword_slots = [] {  // one bit per hash: most names are refused without a search
  std::array<bool, 256> table{};
  for (const Name word : keywords) table[slot_of(word)] = true;
  return table;
}();

bool is_keyword(Name name) {
  return keyword_slots[slot_of(name)] && std::ranges::find(keywords, name) != keywords.end();
}

// Splits one text, 64 bytes at a time.
class Splitter {
 public:
  // `out` has room for the text and a word behind it.
  Splitter(ByteView text, std::uint8_t* out, std::vector<Name>& names, std::size_t most)
      : text_(text.data()), size_(text.size()), out_(out), names_(names), most_(most) {}

  // Gives the end of what was written.
  std::uint8_t* run() {
    Masks here = masks_at(0);
    for (std::size_t at = 0; at < size_ && names_.size() <= most_; at += block) {
      const Masks next = masks_at(at + block);
      take_block(at, here, next);
      before_ = here;
      here = next;
    }
    copy_up_to(size_);
    return out_;
  }

 private:
  [[nodiscard]] Masks masks_at(std::size_t at) const {
    if (at + block <= size_) return masks_of(text_ + at);
    std::array<std::uint8_t, block> rest{};
    if (at < size_) std::memcpy(rest.data(), text_ + at, size_ - at);
    return masks_of(rest.data());
  }

  void take_block(std::size_t at, const Masks& here, const Masks& next) {
    static_assert(name_letters == 3);
    const std::uint64_t second = (here.words >> 1) | (next.words << 63);  // whether the byte behind is of a word
    const std::uint64_t third = ((here.words >> 2) | (next.words << 62)) & second;
    const std::uint64_t fourth = ((here.words >> 3) | (next.words << 61)) & third;
    const std::uint64_t begins = here.words & ~((here.words << 1) | (before_.words >> 63)) & ~here.digits;
    const std::uint64_t single_dots =
        ((here.dots << 1) | (before_.dots >> 63)) & ~((here.dots << 2) | (before_.dots >> 62));
    for (std::uint64_t names = begins & ~fourth & ~single_dots; names != 0; names &= names - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(names));
      take_name(at + i, 1 + ((second >> i) & 1) + ((third >> i) & 1));
    }
  }

  void take_name(std::size_t at, std::size_t length) {
    const Name name = name_at(at, length);
    if (is_keyword(name)) return;
    copy_up_to(at);
    *out_++ = blank;
    done_ = at + length;
    names_.push_back(name);
  }

  [[nodiscard]] Name name_at(std::size_t at, std::size_t length) const {
    if (at + sizeof(std::uint64_t) > size_) return pack({reinterpret_cast<const char*>(text_ + at), length});
    return static_cast<Name>(load_word(text_ + at) & ((std::uint64_t{1} << (8 * length)) - 1));
  }

  // By words: what is written too much is overwritten, or lies behind the end.
  void copy_up_to(std::size_t end) {
    const std::size_t count = end - done_;
    if (end + sizeof(std::uint64_t) <= size_) {
      for (std::size_t i = 0; i < count; i += sizeof(std::uint64_t)) store_word(out_ + i, load_word(text_ + done_ + i));
    } else if (count != 0) {
      std::memcpy(out_, text_ + done_, count);
    }
    out_ += count;
    done_ = end;
  }

  const std::uint8_t* text_;
  std::size_t size_;
  std::uint8_t* out_;
  std::vector<Name>& names_;
  std::size_t most_;
  std::size_t done_ = 0;  // up to where the text is copied
  Masks before_;
};

}  // namespace

bool may_be_blanked(ByteView text) { return text.empty() || std::memchr(text.data(), blank, text.size()) == nullptr; }

void split_names(ByteView text, TextBuffer& blanked, std::vector<Name>& names, std::size_t most) {
  static_assert(names_too_many >= block);
  std::uint8_t* const begin = blanked.room(text.size());
  blanked.add(static_cast<std::size_t>(Splitter(text, begin, names, most).run() - begin));
}

}  // namespace latchkey::patch
