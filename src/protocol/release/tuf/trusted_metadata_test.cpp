// The rules of a client, attack by attack (TUF 1.0.34 section 1.5.2 names them).
#include "protocol/release/tuf/trusted_metadata.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"
#include "tests/support/tuf_device.h"

namespace latchkey::protocol::tuf {
namespace {

TEST_F(TrustedMetadataRules, a_fresh_device_walks_to_the_release) {
  Device device(repository);
  EXPECT_EQ(device.check(release), "ok " + name_of_release("release 1"));
  EXPECT_EQ(device.requests,
            (Names{"2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json", "1.ch-stable.json"}));
}

TEST_F(TrustedMetadataRules, every_role_answers_for_its_own_paths) {
  Device device(repository);
  EXPECT_TRUE(device.check("channels.json").starts_with("ok "));
  EXPECT_TRUE(device.check("policy/stable/policy.json").starts_with("unchanged policy/stable/"));
  EXPECT_EQ(device.check("stable/other.json"), "not_found: stable/other.json");
  EXPECT_EQ(device.check("beta/release.json"), "not_found: beta/release.json");
}

TEST_F(TrustedMetadataRules, a_check_without_news_is_two_requests) {
  Device device(repository);
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  EXPECT_EQ(device.check(release), "unchanged " + name_of_release("release 1"));
  EXPECT_EQ(device.requests, (Names{"2.root.json", "timestamp.json"}));
}

TEST_F(TrustedMetadataRules, an_update_fetches_only_what_changed) {
  Device device(repository);
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  publish_release("release 2");
  EXPECT_EQ(device.check(release), "ok " + name_of_release("release 2"));
  EXPECT_EQ(device.requests, (Names{"2.root.json", "timestamp.json", "2.snapshot.json", "2.ch-stable.json"}));
}

// --- arbitrary installation ---

TEST_F(TrustedMetadataRules, one_signature_of_two_is_not_enough) {
  Device device(repository);
  repository.metadata["1.ch-stable.json"] = repository.sign(print(repository.roles["ch-stable"]), {"ci"});
  repository.snapshot.roles["ch-stable"] = describe(1, repository.metadata["1.ch-stable.json"]);
  repository.publish_snapshot();
  repository.publish_timestamp();
  EXPECT_EQ(device.check(release), "signature_invalid: 1 of 2 signatures");
}

TEST_F(TrustedMetadataRules, a_stranger_signs_nothing) {
  for (const auto* const role : {"ch-stable", "targets"}) {
    TufRepository hacked = TufRepository(start);
    hacked.publish();
    Device device(hacked);
    const auto& content = std::string(role) == "targets" ? hacked.targets : hacked.roles[role];
    const Bytes file = hacked.sign(print(content), {"stranger", "another"});
    hacked.metadata["1." + std::string(role) + ".json"] = file;
    hacked.snapshot.roles[role] = describe(1, file);
    hacked.publish_snapshot();
    hacked.publish_timestamp();
    EXPECT_EQ(device.check(release), "signature_invalid: 0 of 2 signatures") << role;
  }
}

TEST_F(TrustedMetadataRules, online_keys_do_not_sign_a_release) {
  Device device(repository);
  ++repository.roles["ch-stable"].version;
  const Bytes file = repository.sign(print(repository.roles["ch-stable"]), {"policy", "snapshot", "timestamp"});
  repository.metadata["2.ch-stable.json"] = file;
  repository.snapshot.roles["ch-stable"] = describe(2, file);
  repository.publish_snapshot();
  repository.publish_timestamp();
  EXPECT_EQ(device.check(release), "signature_invalid: 0 of 2 signatures");
}

TEST_F(TrustedMetadataRules, a_role_speaks_only_for_its_paths) {
  repository.add_target("policy-stable", "stable/release.json", "evil");
  repository.roles["ch-stable"].files.clear();
  repository.publish();
  EXPECT_EQ(Device(repository).check(release), "not_found: stable/release.json");
}

TEST_F(TrustedMetadataRules, a_key_under_two_ids_counts_once) {
  // The same public key with one more member has another id, which is its true hash.
  const TufKey plain = repository.public_key("ci");
  const auto twin = TufKey::from(*json::parse(plain.json().substr(0, plain.json().size() - 1) + ",\"x\":1}"));
  ASSERT_TRUE(twin && twin->id() != plain.id());
  auto& stable = repository.targets.delegated_roles.front();
  stable.keys.key_ids = {plain.id(), twin->id()};
  repository.targets.delegated_keys.emplace(twin->id(), *twin);
  const std::string content = print(repository.roles["ch-stable"]);
  auto envelope = *Envelope::of(content);
  const Bytes signature = *sign(repository.key("ci"), envelope.canonical());
  ASSERT_TRUE(envelope.add({plain.id(), signature}) && envelope.add({twin->id(), signature}));
  EXPECT_EQ(envelope.count_valid(stable.keys, repository.targets.delegated_keys), 1U);
}

// --- rollback, replay ---

TEST_F(TrustedMetadataRules, a_replayed_timestamp_is_refused_and_the_device_goes_on_afterwards) {
  Device device(repository);
  const Bytes old = repository.metadata["timestamp.json"];
  publish_release("release 2");
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  device.in_between["timestamp.json"] = old;
  EXPECT_EQ(device.check(release), "metadata_rolled_back: timestamp");
  device.in_between.clear();
  EXPECT_EQ(device.check(release), "unchanged " + name_of_release("release 2"));
}

TEST_F(TrustedMetadataRules, a_newer_timestamp_may_not_announce_an_older_snapshot) {
  Device device(repository);
  publish_release("release 2");
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  repository.timestamp.snapshot = describe(1, repository.metadata["1.snapshot.json"]);
  ++repository.timestamp.version;
  repository.publish_timestamp();
  EXPECT_EQ(device.check(release), "metadata_rolled_back: snapshot");
}

TEST_F(TrustedMetadataRules, a_newer_snapshot_may_not_announce_an_older_role) {
  Device device(repository);
  publish_release("release 2");
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  repository.snapshot.roles["ch-stable"] = describe(1, repository.metadata["1.ch-stable.json"]);
  repository.snapshot.version = 3;
  repository.publish_snapshot();
  ++repository.timestamp.version;
  repository.publish_timestamp();
  EXPECT_EQ(device.check(release), "metadata_rolled_back: ch-stable");
}

TEST_F(TrustedMetadataRules, a_role_may_not_vanish_from_the_snapshot) {
  Device device(repository);
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  repository.snapshot.roles.erase("policy-stable");
  ++repository.snapshot.version;
  repository.publish_snapshot();
  ++repository.timestamp.version;
  repository.publish_timestamp();
  EXPECT_EQ(device.check(release), "metadata_rolled_back: policy-stable");
}

TEST_F(TrustedMetadataRules, an_expired_file_still_tells_what_may_not_go_back) {
  Device device(repository);
  const Bytes old = repository.metadata["timestamp.json"];
  publish_release("release 2");
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  device.in_between["timestamp.json"] = old;
  EXPECT_EQ(device.check(release, start + std::chrono::days(400)), "metadata_expired: root");
  EXPECT_EQ(device.check(release, start + std::chrono::days(2)), "metadata_rolled_back: timestamp");
}

// --- mix and match ---

TEST_F(TrustedMetadataRules, files_of_two_states_do_not_mix) {
  const auto snapshot_1 = repository.metadata["1.snapshot.json"];
  publish_release("release 2");
  for (const auto& [name, instead, detail] :
       {std::tuple{"2.snapshot.json", snapshot_1, "snapshot"},
        std::tuple{"2.ch-stable.json", repository.metadata["1.ch-stable.json"], "ch-stable"},
        std::tuple{"1.targets.json", repository.metadata["1.policy-stable.json"], "targets"}}) {
    Device device(repository);
    device.in_between[name] = instead;
    EXPECT_EQ(device.check(release), std::string("metadata_mismatch: ") + detail) << name;
    device.in_between.clear();
    EXPECT_EQ(device.check(release), "unchanged " + name_of_release("release 2")) << name;
  }
}

TEST_F(TrustedMetadataRules, without_hashes_versions_still_bind) {
  publish_release("release 2");
  repository.snapshot.roles["ch-stable"] = {.version = 2, .length = {}, .sha256 = {}};
  repository.publish_snapshot();
  repository.timestamp.snapshot = {.version = 2, .length = {}, .sha256 = {}};
  repository.publish_timestamp();
  Device device(repository);
  device.in_between["2.snapshot.json"] = repository.metadata["1.snapshot.json"];
  EXPECT_EQ(device.check(release), "metadata_mismatch: snapshot");
  device.in_between = {{"2.ch-stable.json", repository.metadata["1.ch-stable.json"]}};
  EXPECT_EQ(device.check(release), "metadata_mismatch: ch-stable");
  device.in_between.clear();
  EXPECT_EQ(device.check(release), "unchanged " + name_of_release("release 2"));
}

TEST_F(TrustedMetadataRules, one_roles_file_is_not_anothers) {
  Device device(repository);
  device.in_between["timestamp.json"] = repository.metadata["1.snapshot.json"];
  EXPECT_EQ(device.check(release), "signature_invalid: 0 of 1 signatures");
  // Even when the same key holds both roles.
  repository.set_role("snapshot", {"timestamp"}, 1);
  repository.publish();
  Device other(repository);
  other.in_between["timestamp.json"] = repository.metadata["1.snapshot.json"];
  EXPECT_TRUE(other.check(release).starts_with("invalid_format")) << other.check(release);
}

// --- indefinite freeze ---

TEST_F(TrustedMetadataRules, every_role_expires) {
  struct Row {
    const char* role;
    Instant* expires;
  };
  const Instant expired = start;  // at the second it expires it is expired
  for (const Row& row : {Row{"root", &repository.root.expires}, Row{"timestamp", &repository.timestamp.expires},
                         Row{"snapshot", &repository.snapshot.expires}, Row{"targets", &repository.targets.expires},
                         Row{"ch-stable", &repository.roles["ch-stable"].expires}}) {
    const Instant before = std::exchange(*row.expires, expired);
    repository.publish();
    EXPECT_EQ(Device(repository).check(release), std::string("metadata_expired: ") + row.role);
    EXPECT_TRUE(Device(repository).check(release, start - std::chrono::seconds(1)).starts_with("ok ")) << row.role;
    *row.expires = before;
  }
}

TEST_F(TrustedMetadataRules, what_is_unchanged_expires_all_the_same) {
  Device device(repository);
  ASSERT_TRUE(device.check(release).starts_with("ok "));
  EXPECT_EQ(device.check(release, start + std::chrono::days(1)), "metadata_expired: timestamp");
  repository.timestamp.expires = start + std::chrono::days(60);
  ++repository.timestamp.version;
  repository.publish_timestamp();
  EXPECT_EQ(device.check(release, start + std::chrono::days(7)), "metadata_expired: snapshot");
}

// --- endless data ---

TEST_F(TrustedMetadataRules, nothing_longer_than_its_limit_is_read) {
  Device device(repository);
  device.in_between["timestamp.json"] = Bytes(limits::tuf_timestamp_bytes + 1, ' ');
  EXPECT_TRUE(device.check(release).starts_with("input_too_large"));
  device.in_between = {{"2.root.json", Bytes(limits::tuf_root_bytes + 1, ' ')}};
  EXPECT_TRUE(device.check(release).starts_with("input_too_large"));
  device.in_between = {{"1.snapshot.json", Bytes(5'000'000, ' ')}};
  EXPECT_EQ(device.check(release), "metadata_mismatch: snapshot");
}

TEST_F(TrustedMetadataRules, wanted_files_tell_how_much_to_read) {
  auto trusted = *TrustedMetadata::open(repository.metadata["1.root.json"], start);
  ASSERT_TRUE(trusted.finish_roots());
  ASSERT_TRUE(trusted.update_timestamp(repository.metadata["timestamp.json"]));
  EXPECT_EQ(trusted.wanted_snapshot()->max_bytes, repository.metadata["1.snapshot.json"].size());
  repository.timestamp.snapshot.length = 4'000'000'000;
  ++repository.timestamp.version;
  repository.publish_timestamp();
  ASSERT_TRUE(trusted.update_timestamp(repository.metadata["timestamp.json"]));
  EXPECT_EQ(trusted.wanted_snapshot()->max_bytes, limits::tuf_snapshot_bytes);
}

// --- order, storage ---

TEST_F(TrustedMetadataRules, steps_out_of_order_are_refused) {
  const auto& files = repository.metadata;
  auto trusted = *TrustedMetadata::open(files.at("1.root.json"), start);
  const auto code = [](const auto& result) { return result ? "ok" : name_of(result.error().code); };
  EXPECT_EQ(code(trusted.update_timestamp(files.at("timestamp.json"))), "invalid_argument");
  EXPECT_EQ(code(trusted.update_snapshot(files.at("1.snapshot.json"))), "invalid_argument");
  ASSERT_TRUE(trusted.finish_roots());
  EXPECT_EQ(code(trusted.update_root(files.at("1.root.json"))), "invalid_argument");
  EXPECT_EQ(code(trusted.update_snapshot(files.at("1.snapshot.json"))), "invalid_argument");
  EXPECT_EQ(code(trusted.look_up(release)), "invalid_argument");
  ASSERT_TRUE(trusted.update_timestamp(files.at("timestamp.json")));
  EXPECT_EQ(code(trusted.update_targets("targets", files.at("1.targets.json"))), "invalid_argument");
  ASSERT_TRUE(trusted.update_snapshot(files.at("1.snapshot.json")));
  EXPECT_EQ(code(trusted.update_targets("ch-stable", files.at("1.ch-stable.json"))), "invalid_argument");
  ASSERT_TRUE(trusted.update_targets("targets", files.at("1.targets.json")));
  EXPECT_EQ(code(trusted.update_targets("ch-beta", files.at("1.ch-stable.json"))), "metadata_mismatch");
  EXPECT_EQ(code(trusted.update_targets("ch-stable", files.at("1.ch-stable.json"))), "ok");
}

TEST_F(TrustedMetadataRules, spoilt_kept_files_are_fetched_again) {
  auto trusted = *TrustedMetadata::open(repository.metadata["1.root.json"], start);
  std::vector<KeptFile> kept;
  for (const auto* const name : {"timestamp.json", "snapshot.json", "targets.json", "ch-stable.json", "x"})
    kept.push_back({name, Bytes{'{', '}'}});
  trusted.restore(kept);
  EXPECT_EQ(trusted.kept().size(), 1U);
}

}  // namespace
}  // namespace latchkey::protocol::tuf
