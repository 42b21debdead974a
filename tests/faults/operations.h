// What changes a vault's files, one by one, as something that can be interrupted. Slots of key stores outside of the
// file: key_store_kill_test.cpp.
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
  bool may_have_log = true;  // another process may have left one
};

const std::vector<Operation>& all_operations();
std::vector<Operation> list_operations_beyond_the_file();  // of all: an export, other devices, anchors
std::vector<Operation> list_operations_of_signing_keys();  // of all, when they are in software

// A vault with records on several pages, one of which is removed again.
void make_vault(World& world);
void make_vault_by(World& world, const vault::CreateOptions& options);

Status accept_rollback(const World& world);

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
