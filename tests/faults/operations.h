// What changes a vault's files, one by one, as something that can be interrupted. Not among them: adopting a device,
// accepting a rollback, setting a checkpoint, writing an export.
#pragma once

#include "tests/faults/world.h"

namespace latchkey::faults {

struct Operation {
  std::string name;
  // Makes the files the operation begins with. Called once.
  std::function<void(World&)> prepare;
  // In the process that may die. Gets the vault, unlocked, unless `is_on_files`.
  std::function<Status(World&, vault::Vault*)> run;
  bool is_on_files = false;
  // What may be found, besides what was before and what is to be afterwards, when it was interrupted.
  std::function<bool(const std::string& found, const std::string& before, const std::string& after)> may_be =
      [](const std::string&, const std::string&, const std::string&) { return false; };
};

const std::vector<Operation>& all_operations();

// A description without the lines that begin so.
std::string without_lines(const std::string& text, std::string_view beginning);

// The files as they are before it: closed, or as a killed process leaves them, with a log.
enum class Beginning { closed, with_log };
Files prepare(World& world, const Operation& operation, Beginning beginning);

// Opens and unlocks if it has to, arms `plan`, runs the operation, closes the vault. In a forked process.
void perform(World& world, const Operation& operation, const Plan& plan, Told& told);
// And, with the plan lifted, uses the same vault again before it closes it.
void perform_and_go_on(World& world, const Operation& operation, const Plan& plan, Told& told,
                       const std::function<Status(vault::Vault&)>& go_on);

}  // namespace latchkey::faults
