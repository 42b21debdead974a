// Bundlers put a hash of the content into a file's name, so one edit renames many files and changes every file that
// names them. What part of a name changed between two releases is found here, the same way by both sides of a patch.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace latchkey::patch {

// The two paths without what they share in front and behind; what differs reaches to the next of "-./" or the end.
struct Renaming {
  std::size_t front = 0;  // bytes both begin with
  std::size_t back = 0;   // bytes both end with

  [[nodiscard]] std::string_view middle_of(std::string_view path) const {
    return path.substr(front, path.size() - front - back);
  }
};

Renaming compare_names(std::string_view old_path, std::string_view new_path);

inline constexpr std::size_t shortest_token = 6;

// The pair of name parts that stands for the file inside other files: as long as each other, at least shortest_token
// bytes, and with a digit or a capital, so that it is no word. Views into the arguments.
struct Token {
  std::string_view from;
  std::string_view to;
};
std::optional<Token> token_of(std::string_view old_path, std::string_view new_path);

}  // namespace latchkey::patch
