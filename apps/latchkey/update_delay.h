// `--until`: when what a `latchkey update` command installed is switched to.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "update/delay_text.h"

namespace latchkey::app {

void add_until_option(CLI::App& command, std::vector<std::string>& until);
// Fails: invalid_argument.
Result<std::vector<update::DelayCondition>> parse_until(const std::vector<std::string>& until);
// "the app was ended and started anew, and it is 2026-12-01T08:00:00Z"
std::string describe(const std::vector<update::DelayCondition>& conditions);

}  // namespace latchkey::app
