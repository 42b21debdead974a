// Every key can be replaced, by those above it and nobody else (TUF 1.0.34 sections 5.3 and 6.1).
#include <gtest/gtest.h>

#include "tests/support/tuf_device.h"

namespace latchkey::protocol::tuf {
namespace {

TEST_F(TrustedMetadataRules, all_root_keys_change_without_an_app_release) {
  Device device(repository);
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  repository.set_role("root", {"new-1", "new-2"}, 2);
  publish_next_root({"root-1", "root-3 p256"});
  repository.set_role("root", {"newer-1 p256"}, 1);
  publish_next_root({"new-1", "new-2"});
  EXPECT_EQ(device.check(release), "unchanged " + name_of_release("release 1"));
  EXPECT_EQ(device.requests, (Names{"2.root.json", "3.root.json", "4.root.json", "timestamp.json"}));
  EXPECT_TRUE(Device(repository).check(release).starts_with("ok "));                 // from the shipped root
  EXPECT_TRUE(Device(repository, "3.root.json").check(release).starts_with("ok "));  // shipped later
}

TEST_F(TrustedMetadataRules, an_expired_root_on_the_way_does_not_matter) {
  repository.root.expires = start - std::chrono::days(1);
  repository.publish();
  repository.root.expires = start + std::chrono::days(365);
  publish_next_root({});
  EXPECT_TRUE(Device(repository).check(release).starts_with("ok "));
}

struct BadRoot {
  const char* what;
  Names signers;
  std::int64_t version;
  const char* answer;
};
class BadRoots : public TrustedMetadataRules, public ::testing::WithParamInterface<BadRoot> {};
TEST_P(BadRoots, are_refused_and_the_old_one_stays) {
  Device device(repository);
  repository.set_role("root", {"new-1", "new-2"}, 2);
  repository.root.version = GetParam().version;
  repository.metadata["2.root.json"] = repository.sign(print(repository.root), GetParam().signers);
  EXPECT_EQ(device.check(release), GetParam().answer) << GetParam().what;
  repository.metadata.erase("2.root.json");
  EXPECT_TRUE(device.check(release).starts_with("ok "));
}
INSTANTIATE_TEST_SUITE_P(
    Rows, BadRoots,
    ::testing::Values(
        BadRoot{"only the new keys", {"new-1", "new-2"}, 2, "signature_invalid: 0 of 2 signatures"},
        BadRoot{"only the old keys", {"root-1", "root-2"}, 2, "signature_invalid: 0 of 2 signatures"},
        BadRoot{"under the old threshold", {"root-1", "new-1", "new-2"}, 2, "signature_invalid: 1 of 2 signatures"},
        BadRoot{"under the new threshold", {"root-1", "root-2", "new-1"}, 2, "signature_invalid: 1 of 2 signatures"},
        BadRoot{"a version skipped", {"root-1", "root-2", "new-1", "new-2"}, 3, "metadata_mismatch: root"},
        BadRoot{"the same version again", {"root-1", "root-2", "new-1", "new-2"}, 1, "metadata_rolled_back: root"}));

TEST_F(TrustedMetadataRules, what_is_no_root_is_refused) {
  Device device(repository);
  for (const std::string_view page : {"<!doctype html><title>app</title>", "{}", "{\"signed\":{},\"signatures\":[]}"}) {
    device.in_between["2.root.json"] = Bytes(page.begin(), page.end());
    const std::string answer = device.check(release);
    EXPECT_TRUE(answer.starts_with("invalid_format") || answer.starts_with("signature_invalid")) << answer;
  }
  device.in_between.clear();
  EXPECT_TRUE(device.check(release).starts_with("ok "));
}

TEST_F(TrustedMetadataRules, one_key_signing_twice_is_refused) {
  Device device(repository);
  ++repository.root.version;
  std::string file(as_text(repository.sign(print(repository.root), {"root-1"})));
  const std::size_t at = file.find("{\"keyid\"");
  const std::string signature = file.substr(at, file.find('}', at) + 1 - at);
  file.insert(at, signature + ",");
  repository.metadata["2.root.json"] = Bytes(file.begin(), file.end());
  EXPECT_EQ(device.check(release), "invalid_format: one key signed twice");
}

// --- fast forward ---

TEST_F(TrustedMetadataRules, versions_driven_up_recover_when_the_online_keys_change) {
  Device device(repository);
  repository.timestamp.version = repository.snapshot.version = std::int64_t{1} << 52;
  repository.roles["ch-stable"].version = std::int64_t{1} << 52;  // with stolen keys of everything but the root
  repository.publish();
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  repository.set_role("snapshot", {"snapshot-2"}, 1);
  repository.set_role("timestamp", {"timestamp-2"}, 1);
  repository.timestamp.version = repository.snapshot.version = repository.roles["ch-stable"].version = 1;
  repository.publish_targets("ch-stable");
  repository.publish_snapshot();
  repository.publish_timestamp();
  publish_next_root({});
  EXPECT_EQ(device.check(release), "ok " + name_of_release("release 1"));
}

TEST_F(TrustedMetadataRules, changing_only_one_online_key_recovers_too) {
  for (const auto* const role : {"snapshot", "timestamp"}) {
    TufRepository one(start);
    one.add_target("ch-stable", "stable/release.json", "release 1");
    one.timestamp.version = one.snapshot.version = 1'000'000;
    one.publish();
    Device device(one);
    ASSERT_TRUE(device.check(release).starts_with("ok "));
    one.set_role(role, {"replacement"}, 1);
    one.timestamp.version = one.snapshot.version = 1;
    one.publish_snapshot();
    one.publish_timestamp();
    ++one.root.version;
    one.publish_root();
    EXPECT_EQ(device.check(release), "ok " + name_of_release("release 1")) << role;
  }
}

TEST_F(TrustedMetadataRules, without_a_change_of_keys_nothing_goes_back) {
  repository.timestamp.version = 1'000'000;
  repository.publish();
  Device device(repository);
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  repository.timestamp.version = 1;
  repository.publish_timestamp();
  publish_next_root({});
  EXPECT_EQ(device.check(release), "metadata_rolled_back: timestamp");
}

// --- channel keys change ---

TEST_F(TrustedMetadataRules, a_channels_keys_change_by_the_targets_role) {
  Device device(repository);
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  repository.delegate("ch-stable", "stable/*", {"ci-2", "human-2"}, 2);
  repository.publish_next("targets");
  EXPECT_EQ(device.check(release), "signature_invalid: 0 of 2 signatures") << "the old signatures are void at once";
  repository.publish_next("ch-stable");
  EXPECT_EQ(device.check(release), "ok " + name_of_release("release 1"));
}

TEST_F(TrustedMetadataRules, the_targets_keys_change_by_the_root) {
  Device device(repository);
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  repository.set_role("targets", {"targets-3"}, 1);
  publish_next_root({});
  EXPECT_EQ(device.check(release), "signature_invalid: 0 of 1 signatures");
  repository.publish_next("targets");
  EXPECT_EQ(device.check(release), "ok " + name_of_release("release 1"));
}

}  // namespace
}  // namespace latchkey::protocol::tuf
