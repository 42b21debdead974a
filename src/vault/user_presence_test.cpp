#include "vault/user_presence.h"

#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"
#include "vault/capabilities_json.h"
#include "vault/user_presences/scripted_presence.h"

namespace latchkey::vault {
namespace {

static_assert(!std::is_copy_constructible_v<Presence> && !std::is_default_constructible_v<Presence>);

class CapabilityTest : public ::testing::Test {
 protected:
  Capabilities get(std::initializer_list<PresenceStatus> statuses) const {
    std::vector<std::unique_ptr<UserPresence>> presences;
    for (const auto& status : statuses) {
      auto script = std::make_shared<PresenceScript>();
      script->status = status;
      presences.push_back(make_scripted_presence(script));
    }
    return get_capabilities(presences, {});
  }
  static PresenceStatus usable(PresenceMethod method) {
    return {.method = method, .is_available = true, .is_enrolled = true, .permission = Permission::granted};
  }
  const Instant later = from_unix_seconds(1'700'000'030), much_later = from_unix_seconds(1'700'000'300);
};

TEST_F(CapabilityTest, nothing_there_is_nothing_promised) {
  const Capabilities none = get({});
  EXPECT_FALSE(none.strength || none.enrolled || none.device_credential || none.secure_hardware || none.key_bound);
  EXPECT_EQ(none.permission, Permission::unknown);
}

TEST_F(CapabilityTest, a_usable_fingerprint_is_enrolled_weak_and_bound_to_no_key) {
  const Capabilities can = get({usable(PresenceMethod::fingerprint)});
  EXPECT_EQ(can.strength, PresenceStrength::weak);
  EXPECT_TRUE(can.enrolled);
  EXPECT_EQ(can.permission, Permission::granted);
  EXPECT_FALSE(can.device_credential || can.key_bound || can.locked_out_until);
}

TEST_F(CapabilityTest, a_device_credential_is_not_an_enrolment) {
  const Capabilities can = get({usable(PresenceMethod::device_credential)});
  EXPECT_TRUE(can.device_credential);
  EXPECT_FALSE(can.enrolled);
  EXPECT_EQ(can.strength, PresenceStrength::weak);
}

TEST_F(CapabilityTest, what_cannot_be_used_now_gives_no_strength) {
  PresenceStatus denied = usable(PresenceMethod::fingerprint), empty = denied, absent = denied, broken = denied,
                 locked = denied;
  denied.permission = Permission::denied;
  empty.is_enrolled = false;
  absent.is_available = false;
  broken.problem = {Code::temporarily_unavailable, {}};
  locked.locked_out_until = later;
  for (const auto& status : {denied, empty, absent, broken, locked}) EXPECT_FALSE(get({status}).strength);
  EXPECT_EQ(get({denied}).permission, Permission::denied);
  EXPECT_EQ(get({denied, empty}).permission, Permission::granted);
}

TEST_F(CapabilityTest, locked_out_until_the_first_may_be_tried_again) {
  PresenceStatus first = usable(PresenceMethod::fingerprint), second = usable(PresenceMethod::face);
  first.locked_out_until = much_later;
  second.locked_out_until = later;
  EXPECT_EQ(get({first, second}).locked_out_until, later);
  EXPECT_FALSE(get({first, usable(PresenceMethod::device_credential)}).locked_out_until);
}

TEST_F(CapabilityTest, hardware_and_bound_keys_are_reported_by_those_who_have_them) {
  PresenceStatus bound = usable(PresenceMethod::face);
  bound.key_bound = true;
  bound.strength = PresenceStrength::strong;
  const Capabilities can = get({usable(PresenceMethod::fingerprint), bound});
  EXPECT_TRUE(can.key_bound);
  EXPECT_EQ(can.strength, PresenceStrength::strong);
  std::vector<std::unique_ptr<KeyStore>> stores;
  stores.push_back(make_passcode_key_store(crypto::argon2_min_cost));
  EXPECT_FALSE(get_capabilities({}, stores).secure_hardware);
}

TEST_F(CapabilityTest, print_as_json_with_names_and_without_what_is_unknown) {
  PresenceStatus finger = usable(PresenceMethod::fingerprint);
  finger.locked_out_until = later;
  finger.problem = {Code::locked_out, {}};
  EXPECT_EQ(print_capabilities(get({finger})),
            R"({"types":[{"method":"fingerprint","strength":"weak","available":true,"enrolled":true,)"
            R"("permission":"granted","key_bound":false,"locked_out_until_ms":1700000030000,"problem":"locked_out"}],)"
            R"("enrolled":true,"permission":"granted","locked_out":true,"locked_out_until_ms":1700000030000,)"
            R"("device_credential":false,"secure_hardware":false,"key_bound":false})");
  EXPECT_NE(print_capabilities(get({usable(PresenceMethod::face)})).find(R"("strength":"weak","enrolled":true)"),
            std::string::npos);
}

TEST(EnrolmentDigest, depends_on_the_set_of_names_and_the_method) {
  const auto digest = [](std::vector<std::string> names) {
    return digest_of_enrolment(PresenceMethod::fingerprint, std::move(names));
  };
  EXPECT_EQ(digest({"left-thumb", "right-thumb"}), digest({"right-thumb", "left-thumb"}));
  EXPECT_NE(digest({"left-thumb"}), digest({"left-thumb", "right-thumb"}));
  EXPECT_NE(digest({"ab", "c"}), digest({"a", "bc"}));
  EXPECT_NE(digest({}), digest({""}));
  EXPECT_NE(digest({"a"}), digest_of_enrolment(PresenceMethod::face, {"a"}));
}

}  // namespace
}  // namespace latchkey::vault
