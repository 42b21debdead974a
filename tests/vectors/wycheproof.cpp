#include "tests/vectors/wycheproof.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "tests/support/hex.h"

namespace latchkey::tests {
namespace {

struct Counts {
  int valid_accepted = 0;
  int acceptable_accepted = 0;
  int invalid_refused = 0;
  int wrong = 0;
  std::map<std::string, std::vector<int>> on_purpose;  // reason -> case numbers
};

void count(Counts& counts, const Json& test, const Answer& answer) {
  const std::string expected = test["result"];
  const int number = test["tcId"];
  if (answer.accepted && answer.refused_on_purpose.empty() && expected != "invalid") {
    ++(expected == "valid" ? counts.valid_accepted : counts.acceptable_accepted);
  } else if (!answer.accepted && expected == "invalid") {
    ++counts.invalid_refused;
  } else if (!answer.accepted && !answer.refused_on_purpose.empty()) {
    counts.on_purpose[answer.refused_on_purpose].push_back(number);
  } else {
    ++counts.wrong;
    ADD_FAILURE() << "case " << number << " is " << expected << ", was " << (answer.accepted ? "accepted" : "refused")
                  << ": " << test["comment"] << " " << test["flags"] << " " << answer.refused_on_purpose;
  }
}

// 1 2 3 7 -> "1-3 7"
std::string ranges(const std::vector<int>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    text += (text.empty() ? "" : " ") + std::to_string(numbers[i]);
    if (last != i) text += "-" + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

void print(std::string_view file, const Counts& counts) {
  std::size_t on_purpose = 0;
  for (const auto& [reason, numbers] : counts.on_purpose) on_purpose += numbers.size();
  std::printf("%.*s: %d valid accepted, %d invalid refused, %zu refused on purpose", static_cast<int>(file.size()),
              file.data(), counts.valid_accepted, counts.invalid_refused, on_purpose);
  if (counts.acceptable_accepted != 0) std::printf(", %d acceptable accepted", counts.acceptable_accepted);
  std::printf(", %d wrong\n", counts.wrong);
  for (const auto& [reason, numbers] : counts.on_purpose)
    std::printf("    on purpose, %s: %zu (cases %s)\n", reason.c_str(), numbers.size(), ranges(numbers).c_str());
}

}  // namespace

std::optional<std::string> wycheproof_folder() {
  namespace fs = std::filesystem;
  std::error_code error;
  const char* named = std::getenv("LATCHKEY_VECTORS");
  const fs::path base = named != nullptr ? fs::path(named) : fs::path(LATCHKEY_REPOSITORY) / "../shared/vectors";
  for (const fs::path& folder : {base / "wycheproof", base})
    if (fs::exists(folder / "aes_gcm_test.json", error)) return folder.string();
  return std::nullopt;
}

void run_wycheproof(std::string_view file, const RunCase& run) {
  const auto folder = wycheproof_folder();
  if (!folder) GTEST_SKIP() << "no Wycheproof files: set LATCHKEY_VECTORS to their folder";
  std::ifstream in(*folder + "/" + std::string(file));
  ASSERT_TRUE(in) << file;
  const Json all = Json::parse(in);
  Counts counts;
  int cases = 0;
  for (const Json& group : all["testGroups"])
    for (const Json& test : group["tests"]) {
      count(counts, test, run(group, test));
      ++cases;
    }
  EXPECT_EQ(cases, all["numberOfTests"].get<int>()) << "every case must be run";
  print(file, counts);
}

Bytes hex_of(const Json& object, const char* name) { return from_hex(object[name].get_ref<const std::string&>()); }

bool has_flag(const Json& test, std::string_view flag) {
  const Json& flags = test["flags"];
  return std::any_of(flags.begin(), flags.end(), [&](const Json& one) { return one.get<std::string>() == flag; });
}

}  // namespace latchkey::tests
