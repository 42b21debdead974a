// Trees for the tests of this module: text that looks like a minifier's, and releases that differ as real ones do.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "patch/tree.h"

namespace latchkey::patch::test {

struct Tree {
  std::map<std::string, Bytes, std::less<>> contents;

  void add(const std::string& path, std::string_view content) {
    contents[path] = Bytes(content.begin(), content.end());
  }
  [[nodiscard]] std::vector<File> files() const {
    std::vector<File> list;
    for (const auto& [path, content] : contents) list.push_back({path, content});
    return list;
  }
  [[nodiscard]] std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [path, content] : contents) sum += content.size();
    return sum;
  }
};

inline std::string noise(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

inline constexpr std::string_view first_letters = "etnriaoscludfpmhg_vybxSCwTEDOkAjIMPFRNLzBqUVHGWJXZYQK$";
inline constexpr std::string_view more_letters = "etnriaoscludfpmhg_vybxSCwTEDOkAjIMPFRNLzBqUVHGWJXZYQK$1024368579";

// The n-th name of a minifier.
inline std::string short_name(std::uint32_t n) {
  std::string name(1, first_letters[n % 54]);
  for (n /= 54; n != 0; n /= 64) name += more_letters[--n % 64];
  return name;
}

inline std::string hash_name(std::uint32_t n) {
  std::mt19937 random(n);
  std::string name;
  for (int i = 0; i < 7; ++i) name += more_letters[random() % 64];
  return name + static_cast<char>('0' + n % 10);
}

// About `size` bytes of code; a name is marked with \1 in front while it can still be changed.
inline std::string marked(std::uint32_t seed, std::size_t size) {
  static constexpr const char* words[] = {
      "function",  "return ",    "createElement", ".value", "length", "push(",   "const ", "null", "useState",
      "className", "if(",        "else{",         "}",      ");",     ",",       "=>",     "===",  "0",
      "1e3",       "\"button\"", "`${",           "...",    ".map(",  "Promise", "\n"};
  std::mt19937 random(seed);
  std::uint32_t declared = 2;  // names of larger scopes appear in the order they were handed out
  std::string text;
  while (text.size() < size) {
    text += words[random() % std::size(words)];
    if (random() % 3 != 0) continue;
    text += text.ends_with("n") || text.ends_with("e") || text.ends_with("s") ? "(" : "";
    text += '\1' +
            std::to_string(random() % 4 == 0 ? 54 + random() % 2 + (declared += random() % 3 == 0 ? 1 : 0) -
                                                   random() % std::min(declared, 9U)
                                             : random() % 54) +
            '\2';
  }
  return text;
}

// Marks become names, the n-th of them the (n + shift)-th of the minifier.
inline std::string named(const std::string& text, std::uint32_t shift) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\1') {
      result += text[i];
      continue;
    }
    const std::size_t end = text.find('\2', i);
    result += short_name(static_cast<std::uint32_t>(std::stoul(text.substr(i + 1, end - i - 1))) + shift);
    i = end;
  }
  return result;
}

inline std::string minified(std::uint32_t seed, std::size_t size, std::uint32_t shift = 0) {
  return named(marked(seed, size), shift);
}

inline Tree web_app(std::uint32_t seed, std::uint32_t chunks) {
  Tree tree;
  std::string imports;
  for (std::uint32_t i = 0; i < chunks; ++i) {
    const std::string name = "assets/part" + std::to_string(i) + "-" + hash_name(seed * 100 + i) + ".js";
    imports += "import(\"./" + name + "\");";
    tree.add(name, "var v=\"app@1." + std::to_string(seed) + "\";" + minified(seed * 50 + i, 2000 + 700 * i));
  }
  tree.add("assets/index-" + hash_name(seed * 100 + 99) + ".js", imports + minified(seed, 20'000));
  tree.add("index.html", "<!doctype html><script src=\"assets/index-" + hash_name(seed * 100 + 99) + ".js\"></script>");
  return tree;
}

// The next release: hashes of names change, names in code shift, code is inserted, removed and replaced, files come and
// go.
inline Tree next_release(const Tree& base, std::uint32_t seed) {
  std::mt19937 random(seed);
  Tree next;
  for (const auto& [path, content] : base.contents) {
    std::string text(content.begin(), content.end());
    if (random() % 8 == 0) continue;
    for (std::uint32_t edits = random() % 5; edits != 0 && !text.empty(); --edits) {
      const std::size_t at = random() % text.size();
      text.replace(at, std::min<std::size_t>(random() % 40, text.size() - at),
                   minified(static_cast<std::uint32_t>(random()), random() % 60, 3));
    }
    std::string name = path;
    if (const auto dash = name.find('-'); dash != name.npos && random() % 2 == 0)
      name.replace(dash + 1, 8, hash_name(static_cast<std::uint32_t>(random())));
    next.add(name, text);
  }
  next.add("assets/new-" + hash_name(seed + 7) + ".js", minified(seed + 77, 1500));
  return next;
}

}  // namespace latchkey::patch::test
