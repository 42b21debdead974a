#include "patch/blanking.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace latchkey::patch {
namespace {

enum Class : std::uint8_t { other, letter, digit };

constexpr auto classes = [] {
  std::array<Class, 256> table{};
  for (std::size_t c = 'a'; c <= 'z'; ++c) table[c] = letter;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] = letter;
  for (std::size_t c = '0'; c <= '9'; ++c) table[c] = digit;
  table['_'] = table['$'] = letter;
  return table;
}();

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

bool follows_single_dot(ByteView text, std::size_t at) {
  return at != 0 && text[at - 1] == '.' && (at == 1 || text[at - 2] != '.');
}

}  // namespace

bool may_be_blanked(ByteView text) { return text.empty() || std::memchr(text.data(), blank, text.size()) == nullptr; }

void split_names(ByteView text, TextBuffer& blanked, std::vector<Name>& names) {
  const std::uint8_t* const text_end = text.data() + text.size();
  std::uint8_t* const begin = blanked.room(text.size());
  std::uint8_t* out = begin;
  for (const std::uint8_t* at = text.data(); at != text_end;) {
    const Class first = classes[*at];
    const std::uint8_t* const word = at;
    do *out++ = *at++;
    while (first != other && at != text_end && classes[*at] != other);
    const auto length = static_cast<std::size_t>(at - word);
    if (first != letter || length > name_letters ||
        follows_single_dot(text, static_cast<std::size_t>(word - text.data())))
      continue;
    const Name name = pack({reinterpret_cast<const char*>(word), length});
    if (is_keyword(name)) continue;
    out -= length;
    *out++ = blank;
    names.push_back(name);
  }
  blanked.add(static_cast<std::size_t>(out - begin));
}

}  // namespace latchkey::patch
