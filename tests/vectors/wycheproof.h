// Runs one Wycheproof file: every case is accepted, refused, or refused on purpose for a stated reason, and the counts
// are printed.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace latchkey::tests {

using Json = nlohmann::json;

// What we answer to one case. `accepted` also means that every output was the expected one.
struct Answer {
  bool accepted;
  // Why a case that others may accept is refused here; empty when it is not meant to be.
  std::string refused_on_purpose{};
};

using RunCase = std::function<Answer(const Json& group, const Json& test)>;

// The folder with the files: LATCHKEY_VECTORS (or its sub-folder `wycheproof`), else ../shared/vectors/wycheproof
// beside the repository; none when neither is there.
std::optional<std::string> wycheproof_folder();

// Skips the test when there is no folder. Fails it for every case answered wrongly: a valid one refused without a
// reason, an invalid one accepted, one with a reason accepted all the same.
void run_wycheproof(std::string_view file, const RunCase& run);

Bytes hex_of(const Json& object, const char* name);
bool has_flag(const Json& test, std::string_view flag);

}  // namespace latchkey::tests
