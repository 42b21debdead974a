#include "patch/matching.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "patch/rename.h"

namespace latchkey::patch {
namespace {

constexpr std::size_t shingle = 24;
constexpr std::uint64_t sampled =
    31;  // of 32 shingles, one is looked at: chosen by content, so that both trees choose alike
constexpr std::uint32_t in_many = no_source - 1;

// Calls `use(hash)` for the sampled shingles of `text`.
template <class Use>
void each_shingle(ByteView text, Use&& use) {
  constexpr std::uint64_t factor = 0x9E3779B97F4A7C15ULL;
  std::uint64_t drop = 1;
  for (std::size_t i = 0; i < shingle; ++i) drop *= factor;
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    hash = (hash * factor) + text[i] + 1;
    if (i >= shingle) hash -= drop * (text[i - shingle] + 1U);
    if (i + 1 >= shingle && ((hash >> 40) & sampled) == 0) use(hash);
  }
}

// A path with the parts that look like hashes blanked.
std::string plain_name(std::string_view path) {
  std::string name;
  for (std::size_t i = 0; i < path.size();) {
    const std::size_t end = std::min(path.find_first_of("-./", i), path.size());
    const std::string_view part = path.substr(i, end - i);
    const bool hash = part.size() >= 6 && std::ranges::any_of(part, [](char c) {
                        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
                      });
    name += hash ? std::string_view("*") : part;
    if (end < path.size()) name += path[end];
    i = end + 1;
  }
  return name;
}

class Matcher {
 public:
  explicit Matcher(std::span<const File> base) : base_(base), votes_(base.size()), plain_(base.size()) {
    for (std::uint32_t i = 0; i < base.size(); ++i) {
      contents_.emplace(as_text(base[i].content), i);
      paths_.emplace(base[i].path, i);
      plain_[i] = plain_name(base[i].path);
      if (const auto [at, fresh] = by_plain_.try_emplace(plain_[i], i); !fresh) at->second = in_many;
      each_shingle(base[i].content, [&](std::uint64_t hash) {
        const auto [at, fresh] = owners_.try_emplace(hash, i);
        if (!fresh && at->second != i) at->second = in_many;
      });
    }
  }

  Match match(const File& file) {
    const auto by_path = paths_.find(file.path);
    if (by_path != paths_.end() && std::ranges::equal(base_[by_path->second].content, file.content))
      return {by_path->second, true};
    const auto by_content = contents_.find(as_text(file.content));
    if (by_content != contents_.end()) return {by_content->second, true};
    const std::uint32_t best = best_of(file, by_path == paths_.end() ? no_source : by_path->second);
    return {best, false};
  }

 private:
  std::uint32_t best_of(const File& file, std::uint32_t same_path) {
    std::vector<std::uint32_t> touched;
    std::uint32_t count = 0;
    each_shingle(file.content, [&](std::uint64_t hash) {
      ++count;
      const auto owner = owners_.find(hash);
      if (owner == owners_.end() || owner->second == in_many) return;
      if (votes_[owner->second]++ == 0) touched.push_back(owner->second);
    });
    if (same_path != no_source && votes_[same_path] == 0) touched.push_back(same_path);
    const std::string plain = plain_name(file.path);
    std::uint32_t best = no_source;
    std::uint64_t best_score = count / 64;  // less than that is chance
    std::ranges::sort(touched);
    for (const std::uint32_t i : touched) {
      std::uint64_t score = std::uint64_t{votes_[i]} * 4 + (plain_[i] == plain ? votes_[i] * 2 + 2 : 0);
      if (i == same_path) score += count + 4;
      if (score > best_score) best = i, best_score = score;
      votes_[i] = 0;
    }
    if (best != no_source) return best;
    const auto alike = by_plain_.find(plain);
    return alike == by_plain_.end() || alike->second == in_many ? no_source : alike->second;
  }

  std::span<const File> base_;
  std::vector<std::uint32_t> votes_;
  std::vector<std::string> plain_;
  std::unordered_map<std::string_view, std::uint32_t> contents_, paths_;
  std::unordered_map<std::string, std::uint32_t> by_plain_;
  std::unordered_map<std::uint64_t, std::uint32_t> owners_;
};

}  // namespace

std::vector<Match> match_files(std::span<const File> base, std::span<const File> target) {
  Matcher matcher(base);
  std::vector<Match> matches;
  matches.reserve(target.size());
  for (const File& file : target) matches.push_back(matcher.match(file));
  return matches;
}

}  // namespace latchkey::patch
