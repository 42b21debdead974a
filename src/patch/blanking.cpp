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

void split_names(ByteView text, Bytes& blanked, std::vector<Name>& names) {
  for (std::size_t i = 0; i < text.size();) {
    const Class first = classes[text[i]];
    if (first == other) {
      blanked.push_back(text[i++]);
      continue;
    }
    std::size_t end = i + 1;
    while (end < text.size() && classes[text[end]] != other) ++end;
    Name name = 0;
    if (end - i <= name_letters && first == letter && !follows_single_dot(text, i))
      name = pack(as_text(text.subspan(i, end - i)));
    if (name != 0 && !is_keyword(name)) {
      blanked.push_back(blank);
      names.push_back(name);
    } else {
      append(blanked, text.subspan(i, end - i));
    }
    i = end;
  }
}

}  // namespace latchkey::patch
