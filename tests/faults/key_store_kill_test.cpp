// kill -9 between the calls by which a slot comes to a key store outside of the vault's file, is used, and goes: the
// real kernel's keyrings, SoftHSM (AES, RSA and EC keys), swtpm and gnome-keyring, at every call to them and to the
// file; of slow ones at some, others with another seed. The vault opens by its other slot, nothing acknowledged is
// lost, what is not ours is as it was, at most one key is left that no slot names, and a slot can be added afterwards.
#include <gtest/gtest.h>

#include <sstream>

#include "tests/faults/interruptions.h"
#include "tests/faults/key_homes.h"

namespace latchkey::faults {
namespace {

using vault::SlotKind;
using vault::Vault;
using vault::testing::answering;

const vault::Prompt user = answering(World::right_passcode);  // the passcode, and the token's PIN

constexpr std::uint32_t outside_slot = 2;

struct SlotOperation {
  std::string name;
  bool has_slot;  // before
  bool is_on_files;
  std::function<Status(World&, Vault*, SlotKind)> run;
};

Status create_with_slot(World& world, Vault* /*none*/, SlotKind kind) {
  vault::CreateOptions options;
  options.slots = {{SlotKind::passcode, "first"}, {kind, "second"}};
  TRY_DO(Vault::create(world.parts(), options, user));
  return {};
}
Status add(World& /*world*/, Vault* vault, SlotKind kind) {
  TRY_DO(vault->add_slot({kind, "second"}, user));
  return {};
}
Status remove(World& /*world*/, Vault* vault, SlotKind /*kind*/) { return vault->remove_slot(outside_slot); }
Status rewrap(World& /*world*/, Vault* vault, SlotKind /*kind*/) { return vault->rewrap_slot(outside_slot, user); }
Status unlock_slot(World& world, Vault* /*none*/, SlotKind /*kind*/) {
  TRY(const auto vault, Vault::open(world.parts()));
  return vault->unlock(user, outside_slot);
}
Status destroy(World& /*world*/, Vault* vault, SlotKind /*kind*/) { return vault->destroy(); }

const SlotOperation operations[] = {{"create", false, true, create_with_slot}, {"add", false, false, add},
                                    {"remove", true, false, remove},           {"rewrap", true, false, rewrap},
                                    {"unlock", true, true, unlock_slot},       {"destroy", true, false, destroy}};

struct HomeMaker {
  std::string name;
  std::unique_ptr<KeyHome> (*make)();
};
const HomeMaker homes[] = {
    {"the_kernel", make_kernel_home},      {"a_token", make_token_home}, {"rsa_on_a_token", make_rsa_token_home},
    {"ec_on_a_token", make_ec_token_home}, {"a_tpm", make_tpm_home},     {"the_desktop", make_desktop_home}};

using KeyCase = std::tuple<HomeMaker, SlotOperation>;
std::string name_of_key_case(const ::testing::TestParamInfo<KeyCase>& info) {
  return std::get<1>(info.param).name + "_with_" + std::get<0>(info.param).name;
}

class KeyStoreKill : public ::testing::TestWithParam<KeyCase> {
 protected:
  void SetUp() override {
    home = std::get<0>(GetParam()).make();
    if (const std::string reason = home->why_not(); !reason.empty()) GTEST_SKIP() << reason;
    world.use_key_store([this] { return home->make_store(); });
    ASSERT_EQ(ask_forked([this] { return prepare(); }), "");
    files = world.take_files();
    home->keep();
    before = look();
    whole = run({.has_keys = true});
    ASSERT_TRUE(whole.is_acknowledged) << name_of(static_cast<Code>(whole.code));
    after = look();
  }

  const SlotOperation& operation() const { return std::get<1>(GetParam()); }

  std::string prepare() {
    if (operation().name == "create") return {};
    make_vault(world);
    if (::testing::Test::HasFailure()) return "no vault";
    const auto vault = world.open_unlocked();
    if (!vault || !operation().has_slot) return vault ? "" : to_string(vault.error());
    const Status added = add(world, vault->get(), home->kind());
    return added ? "" : to_string(added.error());
  }

  Told run(const Plan& plan) {
    world.put_files(files);
    home->put_back();
    const Operation as_any_other{
        .name = operation().name,
        .prepare = {},
        .run = [&](World& in, Vault* vault) { return operation().run(in, vault, home->kind()); },
        .is_on_files = operation().is_on_files};
    const Told told = run_forked([&](Told& in) { perform(world, as_any_other, plan, in); });
    home->settle();
    return told;
  }

  // What there is, the slot in question opened, and then the number of keys.
  struct Found {
    std::string vault;
    int keys = 0;
    int slots = 0;
    bool operator==(const Found& other) const { return vault == other.vault; }
  };
  std::string try_slots(int& slots) const {
    std::string text;
    const auto vault = Vault::open(world.parts());
    if (!vault) return text;
    const auto status = (*vault)->status();
    for (const auto& slot : status->slots) {
      if (slot.kind != home->kind()) continue;
      ++slots;
      const Status opened = (*vault)->check_slot(slot.id, user);
      text += "slot " + std::to_string(slot.id) + (opened ? " opens" : " " + to_string(opened.error())) + "\n";
    }
    return text;
  }
  Found look() const {
    const std::string text = ask_forked([this] {
      std::string all = without_lines(world.describe(), "attempts");
      int slots = 0;
      all += try_slots(slots);
      const KeysThere keys = home->look();
      if (!keys.is_foreign_untouched) all += "what is not ours was touched\n";
      if (keys.unlimited != 0) all += "a key that was to expire stays\n";
      return std::to_string(keys.ours) + " " + std::to_string(slots) + " " + all;
    });
    Found found;
    std::istringstream in(text);
    in >> found.keys >> found.slots;
    found.vault = text.substr(std::min<std::size_t>(text.size(), static_cast<std::size_t>(in.tellg()) + 1));
    return found;
  }

  // A vault that is being destroyed loses its slots' keys first.
  bool is_allowed(const Found& found, bool is_acknowledged) const {
    if (found == after) return true;
    if (is_acknowledged) return false;
    if (found == before) return true;
    if (operation().name != "destroy") return false;
    return found.vault.starts_with("vault_corrupted") ||
           without_lines(found.vault, "slot 2 key_missing") == without_lines(before.vault, "slot 2 opens");
  }

  void judge(const Told& told, const std::string& where) {
    const Found found = look();
    ASSERT_TRUE(is_allowed(found, told.is_acknowledged))
        << where << (told.is_acknowledged ? ", acknowledged" : "") << "\nfound:\n"
        << found.vault << "\nbefore:\n"
        << before.vault << "\nafter:\n"
        << after.vault;
    const int left = found.keys - (home->keeps_keys() ? found.slots : 0);
    ASSERT_LE(left, 1) << where;
    if (told.is_acknowledged) ASSERT_LE(left, 0) << where;
    if (left == 1) ++runs_with_a_key_left;
    if (++runs % probe_every != 0 || operation().name == "create" || operation().name == "destroy") return;
    ASSERT_EQ(ask_forked([this] { return add_one_more(); }), "") << where;
  }
  std::string add_one_more() const {
    const auto vault = world.open_unlocked();
    if (!vault) return to_string(vault.error());
    const auto added = (*vault)->add_slot({home->kind(), "one more"}, user);
    const Status opened = added ? (*vault)->check_slot(*added, user) : Status(tl::unexpected(added.error()));
    return opened ? "" : to_string(opened.error());
  }

  World world;
  std::unique_ptr<KeyHome> home;
  Files files;
  Found before, after;
  Told whole{};
  std::size_t runs = 0, runs_with_a_key_left = 0;
};
INSTANTIATE_TEST_SUITE_P(Every, KeyStoreKill,
                         ::testing::Combine(::testing::ValuesIn(homes), ::testing::ValuesIn(operations)),
                         name_of_key_case);

TEST_P(KeyStoreKill, leaves_the_vault_open_to_its_other_slot_and_one_key_at_most) {
  const auto tried = positions(whole.calls, home->most_calls());
  std::vector<Plan> plans{{.fault = Fault::kill_before, .at = 1, .has_keys = true}};
  for (const std::uint64_t at : tried) plans.push_back({.fault = Fault::kill_after, .at = at, .has_keys = true});
  for (const Plan& plan : plans) {
    judge(run(plan), "call " + std::to_string(plan.at));
    if (HasFatalFailure()) return;
  }
  std::printf("kills: %zu, at %zu of %zu calls\n", runs, tried.size(), static_cast<std::size_t>(whole.calls));
  std::printf("a key was left behind by %zu of %zu\n", runs_with_a_key_left, runs);
}

}  // namespace
}  // namespace latchkey::faults
