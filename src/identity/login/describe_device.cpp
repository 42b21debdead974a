#include <array>
#include <utility>

#include "identity/login/browser_sessions.h"

namespace latchkey::identity {

namespace {

using Word = std::pair<std::string_view, std::string_view>;

// First match wins: most browsers also name the ones they descend from.
constexpr std::array<Word, 7> browsers = {{{"Edg", "Edge"},
                                           {"OPR/", "Opera"},
                                           {"Firefox/", "Firefox"},
                                           {"FxiOS/", "Firefox"},
                                           {"CriOS/", "Chrome"},
                                           {"Chrome/", "Chrome"},
                                           {"Safari/", "Safari"}}};
constexpr std::array<Word, 7> systems = {{{"Android", "Android"},
                                          {"iPhone", "iPhone"},
                                          {"iPad", "iPad"},
                                          {"CrOS", "ChromeOS"},
                                          {"Windows", "Windows"},
                                          {"Mac OS X", "Mac"},
                                          {"Linux", "Linux"}}};

std::string_view find(std::span<const Word> words, std::string_view text, std::string_view otherwise) {
  for (const auto& [mark, name] : words)
    if (text.find(mark) != std::string_view::npos) return name;
  return otherwise;
}

}  // namespace

std::string describe_device(std::string_view user_agent) {
  std::string description(find(browsers, user_agent, "A browser"));
  const std::string_view system = find(systems, user_agent, "");
  if (!system.empty()) description.append(" on ").append(system);
  return description;
}

}  // namespace latchkey::identity
