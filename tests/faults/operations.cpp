#include "tests/faults/operations.h"

#include <fstream>

#include "vault/exchange/import_file.h"

namespace latchkey::faults {
namespace {

using vault::Change;
using vault::RecordValue;
using vault::SlotKind;
using vault::Vault;
using vault::testing::answering;

const vault::Prompt right = answering(World::right_passcode);

RecordValue value_of_size(std::size_t size, char fill) { return RecordValue::copy_of(std::string(size, fill)); }

void make_vault_with_two_slots(World& world) {
  make_vault(world);
  const auto vault = world.open_unlocked();
  ASSERT_TRUE((*vault)->add_slot({SlotKind::passcode, "second"}, right));
}

// Another data key is there, and nothing is sealed under it yet.
void make_vault_being_rotated(World& world) {
  make_vault(world);
  const auto vault = world.open_unlocked();
  std::stop_source stop;
  stop.request_stop();
  ASSERT_EQ((*vault)->rotate({}, stop.get_token()).error().code, Code::cancelled);
}

void make_vault_with_expired_records(World& world) {
  make_vault(world);
  const auto vault = world.open_unlocked();
  for (int i = 0; i < 3; ++i) {
    const vault::RecordOptions options{.expires_at = world.now() + std::chrono::minutes(1)};
    ASSERT_TRUE((*vault)->set("short-lived " + std::to_string(i), value_of_size(700, 's'), options));
  }
  (*vault)->lock();
}

// Whether it is one of the two, were it not for lines that begin so.
auto apart_from(std::string_view lines) {
  return [lines](const std::string& found, const std::string& before, const std::string& after) {
    const std::string rest = without_lines(found, lines);
    return rest == without_lines(before, lines) || rest == without_lines(after, lines);
  };
}

Status create(World& world, Vault* /*none*/) {
  vault::CreateOptions options;
  options.slots.push_back({SlotKind::passcode, "first"});
  TRY_DO(Vault::create(world.parts(), options, right));
  return {};
}

Status unlock(World& world, Vault* /*none*/) {
  TRY_DO(world.open_unlocked());
  return {};
}

Status fail_to_unlock(World& world, Vault* /*none*/) {
  TRY(const auto vault, Vault::open(world.parts()));
  const Status unlocked = vault->unlock(answering("wrong"));
  if (unlocked || unlocked.error().code == Code::wrong_passcode) return {};
  return unlocked;
}

Status apply_many(World& /*world*/, Vault* vault) {
  std::vector<Change> changes;
  for (std::size_t i = 0; i < 20; ++i)
    changes.push_back({"batch " + std::to_string(i), value_of_size(40 * (i + 1), 'b')});
  changes.push_back({"record 1", std::nullopt});
  return vault->apply(changes);
}

// As many pages as make the log be copied into the file at the commit.
Status fill_the_log(World& /*world*/, Vault* vault) {
  std::vector<Change> changes;
  for (int i = 0; i < 60; ++i) changes.push_back({"large " + std::to_string(i), value_of_size(9'000, 'l')});
  return vault->apply(changes);
}

// The type, the slots and the passcode, all at once.
Status update_config(World& /*world*/, Vault* vault) {
  const vault::VaultConfig config{.protection = {.type = vault::VaultType::custom_passcode},
                                  .new_slots = {{SlotKind::passcode, "mine"}}};
  return vault->update_config(config, answering(World::new_passcode));
}

constexpr std::string_view source_name = "source.env";

void make_vault_and_source(World& world) {
  make_vault(world);
  std::ofstream(world.folder() / source_name) << "FIRST=one\nSECOND=two\n";
}

Status import_source(World& world, Vault* vault) {
  const auto imported = vault::import_file(*vault, world.folder() / source_name, {.after = vault::SourceAfter::remove});
  if (!imported) return tl::unexpected(imported.error());
  return imported->is_source_removed ? Status() : fail(Code::conflict);
}

// What is to be in the vault afterwards is there, or still whole in the file.
bool is_in_either(const std::string& found, const std::string& before, const std::string& after) {
  return without_lines(found, "source") == without_lines(after, "source") || found == before;
}

bool is_partly_destroyed(const std::string& found, const std::string& /*before*/, const std::string& /*after*/) {
  return found.starts_with("vault_corrupted");
}

std::vector<Operation> list_operations() {
  std::vector<Operation> all;
  all.push_back({"create", [](World&) {}, create, true});
  all.back().may_have_log = false;
  all.push_back({"unlock", make_vault, unlock, true, apart_from("attempts")});
  all.push_back({"fail to unlock", make_vault, fail_to_unlock, true});
  all.push_back({"set a new record", make_vault,
                 [](World&, Vault* vault) { return vault->set("new", value_of_size(200, 'n')); }});
  all.push_back({"replace a record", make_vault,
                 [](World&, Vault* vault) { return vault->set("record 3", value_of_size(3'000, 'r')); }});
  all.push_back({"apply many changes", make_vault, apply_many});
  all.push_back({"remove a record", make_vault, [](World&, Vault* vault) { return vault->remove("record 5"); }});
  all.push_back({"add a slot", make_vault, [](World&, Vault* vault) -> Status {
                   TRY_DO(vault->add_slot({SlotKind::passcode, "second"}, right));
                   return {};
                 }});
  all.push_back(
      {"remove a slot", make_vault_with_two_slots, [](World&, Vault* vault) { return vault->remove_slot(2); }});
  all.push_back({"change the passcode", make_vault,
                 [](World&, Vault* vault) { return vault->rewrap_slot(1, answering(World::new_passcode)); }});
  all.push_back({"set the policy", make_vault,
                 [](World&, Vault* vault) { return vault->set_policy({.lock_after_idle = std::chrono::minutes(1)}); }});
  all.push_back({"update the configuration", make_vault_with_two_slots, update_config});
  all.push_back({"rotate the data key", make_vault, [](World&, Vault* vault) { return vault->rotate(); }, false,
                 apart_from("generation")});
  all.push_back(
      {"carry on a rotation", make_vault_being_rotated, [](World&, Vault* vault) { return vault->rotate(); }});
  all.push_back({"purge expired records", make_vault_with_expired_records, [](World& world, Vault* vault) {
                   world.advance(std::chrono::minutes(2));
                   return vault->purge();
                 }});
  all.push_back({"verify", make_vault, [](World&, Vault* vault) { return vault->verify(); }});
  all.push_back({"fill the log", make_vault, fill_the_log});
  all.push_back(
      {"destroy", make_vault, [](World&, Vault* vault) { return vault->destroy(); }, false, is_partly_destroyed});
  all.push_back({"import a file", make_vault_and_source, import_source, false, is_in_either});
  std::ranges::move(list_operations_beyond_the_file(), std::back_inserter(all));
  std::ranges::move(list_operations_of_signing_keys(), std::back_inserter(all));
  return all;
}

}  // namespace

void make_vault(World& world) {
  vault::CreateOptions options;
  options.slots.push_back({SlotKind::passcode, "first"});
  make_vault_by(world, options);
}

void make_vault_by(World& world, const vault::CreateOptions& options) {
  auto vault = Vault::create(world.parts(), options, right);
  ASSERT_TRUE(vault) << to_string(vault.error());
  std::vector<Change> changes;
  for (std::size_t i = 0; i < 6; ++i)
    changes.push_back({"record " + std::to_string(i), value_of_size(100 + 150 * i, 'a')});
  ASSERT_TRUE((*vault)->apply(changes));
  ASSERT_TRUE((*vault)->remove("record 4"));
}

std::string without_lines(const std::string& text, std::string_view beginning) {
  std::string rest;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view line = std::string_view(text).substr(at, end - at);
    if (!line.starts_with(beginning)) rest += line;
    at = end;
  }
  return rest;
}

const std::vector<Operation>& all_operations() {
  static const std::vector<Operation> all = list_operations();
  return all;
}

Files prepare(World& world, const Operation& operation, Beginning beginning) {
  operation.prepare(world);
  if (beginning == Beginning::closed) return world.take_files();
  auto vault = world.open_unlocked();
  if (!vault) return world.take_files();  // it is about to be created
  EXPECT_TRUE((*vault)->set("in the log", value_of_size(500, 'w')));
  EXPECT_TRUE((*vault)->set("in the log", value_of_size(50, 'w')));
  return world.take_files();  // while it is open
}

void perform(World& world, const Operation& operation, const Plan& plan, Told& told) {
  perform_and_go_on(world, operation, plan, told, {});
}

void perform_and_go_on(World& world, const Operation& operation, const Plan& plan, Told& told,
                       const std::function<Status(Vault&)>& go_on) {
  arm(world.folder(), {});
  std::unique_ptr<Vault> vault;
  if (!operation.is_on_files) {
    auto opened = world.open_unlocked();
    if (!opened) ::_exit(2);
    vault = *std::move(opened);
  }
  arm(world.folder(), plan);
  told.is_begun = true;
  const Status done = operation.run(world, vault.get());
  told.journal_size = journal_size();
  told.is_acknowledged = done.has_value();
  if (!done) told.code = static_cast<std::int32_t>(done.error().code);
  if (go_on && vault) {
    arm(world.folder(), {});
    const Status gone_on = go_on(*vault);
    if (!gone_on) told.later_code = static_cast<std::int32_t>(gone_on.error().code);
  }
  vault.reset();
  told.calls = counted_calls();
  const auto kinds = counted_kinds();
  std::copy_n(kinds.begin(), std::min(kinds.size(), told.kinds.size()), told.kinds.begin());
  disarm();
}

}  // namespace latchkey::faults
