// The lock policy on the command line: as flags, and printed.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "apps/latchkey/console.h"
#include "vault/lock_policy.h"

namespace latchkey::app {

// As given; what is unset stays as it was.
struct PolicyFlags {
  std::optional<std::string> lock_after_idle;
  std::optional<std::string> lock_after_background;
  std::optional<std::string> maximum_unlocked;
  std::optional<std::string> ask_again_after;
  std::optional<std::string> rotate_after;
  std::optional<std::string> lock_on_screen_off;
  std::optional<std::string> wipe_after;

  bool is_any_given() const;
};
void add_policy_flags(CLI::App& command, PolicyFlags& flags);

// Fails: invalid_argument.
Result<vault::LockPolicy> apply_flags(const PolicyFlags& flags, vault::LockPolicy policy);

std::string describe(const vault::LockPolicy& policy);
std::string to_json(const vault::LockPolicy& policy);

}  // namespace latchkey::app
