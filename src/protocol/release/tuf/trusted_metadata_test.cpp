// The rules of a client, attack by attack (TUF 1.0.34 section 1.5.2 names them).
#include "protocol/release/tuf/trusted_metadata.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"
#include "tests/support/tuf_repository.h"

namespace latchkey::protocol::tuf {
namespace {

using test::TufRepository;
using Names = std::vector<std::string>;

const Instant start = from_unix_seconds(1'800'000'000);

// A device: fetches from the repository whatever the rules ask for.
class Device {
 public:
  explicit Device(TufRepository& repository, const char* shipped_root = "1.root.json")
      : repository_(repository), kept_{{"root.json", repository.metadata.at(shipped_root)}} {}

  // "ok <target's name>", "unchanged <...>", or the error. `requests` tells what was fetched.
  std::string check(std::string_view path, Instant now = start) {
    requests.clear();
    auto done = run(path, now);
    return done ? *done : std::string(name_of(done.error().code)) + ": " + done.error().detail;
  }

  std::map<std::string, Bytes> in_between;  // what somebody in between serves instead; empty: 404
  Names requests;

 private:
  std::optional<Bytes> fetch(const std::string& name) {
    requests.push_back(name);
    const auto& files = in_between.contains(name) ? in_between : repository_.metadata;
    const auto file = files.find(name);
    if (file == files.end() || file->second.empty()) return std::nullopt;
    return file->second;
  }

  Result<std::string> run(std::string_view path, Instant now) {
    TRY(auto trusted, TrustedMetadata::open(kept_.front().bytes, now));
    trusted.restore(kept_);
    auto answer = walk(trusted, path);
    kept_ = trusted.kept();
    return answer;
  }

  Result<std::string> walk(TrustedMetadata& trusted, std::string_view path) {
    while (const auto file = fetch(trusted.next_root_name())) TRY_DO(trusted.update_root(*file));
    TRY_DO(trusted.finish_roots());
    const auto timestamp = fetch("timestamp.json");
    if (!timestamp) return fail(Code::server_error, "timestamp.json");
    TRY(const Change change, trusted.update_timestamp(*timestamp));
    if (const auto wanted = trusted.wanted_snapshot())
      TRY_DO(trusted.update_snapshot(fetch(wanted->name).value_or(Bytes())));
    for (;;) {
      TRY(const auto step, trusted.look_up(path));
      if (const auto* target = std::get_if<FoundTarget>(&step))
        return (change == Change::unchanged ? "unchanged " : "ok ") + target->name;
      const auto& wanted = std::get<WantedFile>(step);
      TRY_DO(trusted.update_targets(wanted.role, fetch(wanted.name).value_or(Bytes())));
    }
  }

  TufRepository& repository_;
  std::vector<KeptFile> kept_;
};

class TrustedMetadataRules : public ::testing::Test {
 protected:
  TrustedMetadataRules() : repository(start) {
    repository.add_target("targets", "channels.json", "channels");
    repository.add_target("ch-stable", "stable/release.json", "release 1");
    repository.add_target("policy-stable", "policy/stable/policy.json", "policy");
    repository.publish();
  }
  static std::string name_of_release(std::string_view contents) {
    return "stable/" + to_hex(crypto::sha256(as_bytes(contents))) + ".release.json";
  }
  void publish_release(std::string_view contents) {
    repository.add_target("ch-stable", "stable/release.json", contents);
    repository.publish_next("ch-stable");
  }
  // The next root, with the former root keys signing as well.
  void publish_next_root(const Names& also) {
    ++repository.root.version;
    repository.publish_root(also);
  }

  TufRepository repository;
  static constexpr std::string_view release = "stable/release.json";
};

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

// --- keys change ---

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
