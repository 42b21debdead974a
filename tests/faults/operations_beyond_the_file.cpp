// Operations of which a part takes place elsewhere: in another file, at a server, in a chip.
#include "tests/faults/operations.h"
#include "vault/exchange/export_vault.h"

namespace latchkey::faults {
namespace {

using vault::SlotKind;
using vault::Vault;
using vault::testing::answering;
using vault::testing::value_of;

Status export_records(World& world, Vault* vault) {
  vault::ExportLock lock;
  lock.recipients = {world.identity().public_key()};
  TRY_DO(vault::export_to_file(*vault, lock, world.now(), world.export_file()));
  return {};
}

void make_vault_of_another_device(World& world) {
  make_vault(world);
  world.change_device();
}

void make_anchored_vault(World& world) {
  world.use_outside();
  vault::CreateOptions options;
  options.slots.push_back({SlotKind::passcode, "first"});
  options.is_anchored = true;
  make_vault_by(world, options);
}
void make_anchored_vault_with_session(World& world) {
  make_anchored_vault(world);
  const auto vault = world.open_unlocked();
  ASSERT_TRUE((*vault)->set("latchkey/session", value_of("alice")));
}
void make_vault_with_checkpoint(World& world) {
  world.use_outside();
  make_vault(world);
  const auto vault = world.open_unlocked();
  ASSERT_TRUE((*vault)->set("latchkey/session", value_of("alice")));
  ASSERT_TRUE((*vault)->set_checkpoint(vault::CheckpointRule::required));
}

// The file is as it was before the last write; what remembers that is not.
void roll_back(World& world) {
  const Files older = world.take_files();
  {
    const auto vault = world.open_unlocked();
    ASSERT_TRUE(vault);
    ASSERT_TRUE((*vault)->set("newest", value_of("x")));
    ASSERT_TRUE((*vault)->checkpoint());
  }
  Files both = older;
  const std::string outside = world.outside_file().filename();
  both[outside] = world.take_files().at(outside);
  world.put_files(both);
}
void roll_back_anchored(World& world) {
  make_anchored_vault(world);
  roll_back(world);
}
void roll_back_with_checkpoint(World& world) {
  make_vault_with_checkpoint(world);
  roll_back(world);
}

Status accept(World& world, Vault* /*none*/) { return accept_rollback(world); }

Status set_checkpoint(World& /*world*/, Vault* vault) { return vault->set_checkpoint(vault::CheckpointRule::required); }
Status remove_checkpoint(World& /*world*/, Vault* vault) { return vault->set_checkpoint(std::nullopt); }

Status write_and_tell(World& /*world*/, Vault* vault) {
  TRY_DO(vault->set("new", value_of("n")));
  return vault->checkpoint();
}

}  // namespace

Status accept_rollback(const World& world) {
  TRY(const auto vault, Vault::open(world.parts()));
  return vault->accept_rollback(answering(World::right_passcode));
}

std::vector<Operation> list_operations_beyond_the_file() {
  std::vector<Operation> all;
  all.push_back({"export", [](World& world) { make_vault(world); }, export_records});
  all.push_back(
      {"adopt the device", make_vault_of_another_device, [](World&, Vault* vault) { return vault->adopt_device(); }});
  all.push_back({"accept a rollback with a counter", roll_back_anchored, accept, true});
  all.push_back({"accept a rollback with a checkpoint", roll_back_with_checkpoint, accept, true});
  all.push_back({"replace a counter by a checkpoint", make_anchored_vault_with_session, set_checkpoint});
  all.push_back({"remove the checkpoint", make_vault_with_checkpoint, remove_checkpoint});
  all.push_back({"write with a counter", make_anchored_vault,
                 [](World&, Vault* vault) { return vault->set("new", value_of("n")); }});
  all.push_back({"write with a checkpoint", make_vault_with_checkpoint, write_and_tell});
  for (Operation& operation : all) operation.may_have_log = operation.name == "export";
  return all;
}

}  // namespace latchkey::faults
