// Publishing as a publisher and a device see it, on both databases.
#include <gtest/gtest.h>

#include "protocol/limits.h"
#include "tests/support/databases.h"
#include "tests/support/release_world.h"

namespace latchkey::release {
namespace {

using namespace std::chrono_literals;
using tests::ReleaseWorld;

template <class Kind>
class Publishing : public tests::DatabaseTest<Kind> {
 protected:
  void SetUp() override {
    tests::DatabaseTest<Kind>::SetUp();
    if (!this->IsSkipped()) world_.emplace(this->db());
  }
  void start_app() { ASSERT_EQ(world_->post_metadata(world_->first_metadata()).status, 204); }
  ReleaseWorld& world() { return *world_; }
  std::optional<ReleaseWorld> world_;
};

TYPED_TEST_SUITE(Publishing, tests::Databases, tests::DatabaseNames);

TYPED_TEST(Publishing, a_device_walks_to_what_was_published) {
  this->start_app();
  EXPECT_EQ(this->world().look_up("channels.json"), std::string(as_text(this->world().channels_file)));
  EXPECT_EQ(this->world().look_up("stable/release.json").error().code, Code::not_found);
  ASSERT_EQ(this->world().publish(1), 201);
  const auto found = this->world().look_up("stable/release.json");
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_EQ(protocol::release::parse_release(*found)->terms.id, ReleaseWorld::release_id(1));
  ASSERT_EQ(this->world().policy().releases.size(), 1U);
  EXPECT_EQ(this->world().policy().releases[0].bps, 10000U);
}

TYPED_TEST(Publishing, a_second_release_follows_and_the_policy_speaks_of_both) {
  this->start_app();
  ASSERT_EQ(this->world().publish(1), 201);
  ASSERT_EQ(this->world().publish(2), 201);
  EXPECT_EQ(protocol::release::parse_release(*this->world().look_up("stable/release.json"))->sequence, 2U);
  EXPECT_EQ(this->world().policy().releases.size(), 2U);
}

TYPED_TEST(Publishing, the_same_again_is_fine_because_answers_get_lost) {
  const auto files = this->world().first_metadata();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(this->world().post_metadata(files).status, 204);
  const auto made = this->world().prepare(1);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(this->world().put_object(made.objects[0]).status, 204);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(this->world().post_release(made).status, 201);
  EXPECT_EQ(this->world().policy().releases.size(), 1U);
}

TYPED_TEST(Publishing, missing_objects_and_wrong_lengths_are_refused) {
  this->start_app();
  auto made = this->world().prepare(1);
  EXPECT_EQ(this->world().post_release(made).status, 404);
  this->world().put_object(made.objects[0]);
  made.descriptor.objects[0].plain_length = 100'000;
  made.descriptor.objects[0].length = protocol::release::object_length(100'000);
  this->world().sign(made);
  EXPECT_EQ(this->world().post_release(made).status, 409);
  EXPECT_EQ(this->world().look_up("stable/release.json").error().code, Code::not_found) << "nothing of it is visible";
}

TYPED_TEST(Publishing, what_a_device_would_refuse_is_refused) {
  this->start_app();
  ASSERT_EQ(this->world().publish(1), 201);
  const auto refused = [&](auto change) {
    auto made = this->world().prepare(2);
    this->world().put_object(made.objects[0]);
    auto& role = this->world().tuf.roles["ch-stable"];
    const auto kept = role;
    change(made, role);
    const int status = this->world().post_release(made).status;
    role = kept;
    return status;
  };
  EXPECT_EQ(refused([&](auto& made, auto&) { made.metadata.back() ^= 1; }), 422) << "not JSON";
  EXPECT_EQ(refused([&](auto& made, auto& role) { made.metadata = this->world().tuf.sign(tuf::print(role), {"ci"}); }),
            422)
      << "one signature of two";
  EXPECT_EQ(refused([&](auto& made, auto& role) {
              made.metadata = this->world().tuf.sign(tuf::print(role), {"ci", "stranger"});
            }),
            422)
      << "forged";
  EXPECT_EQ(refused([&](auto& made, auto& role) { --role.version, this->world().sign(made); }), 409) << "rolled back";
  EXPECT_EQ(
      refused([&](auto& made, auto& role) { role.expires = this->world().clock.now() - 1s, this->world().sign(made); }),
      409)
      << "expired";
  EXPECT_EQ(refused([&](auto& made, auto&) { made.descriptor.sequence = 1, this->world().sign(made); }), 409)
      << "sequence";
  EXPECT_EQ(refused([&](auto& made, auto&) {
              made.descriptor.terms.id = ReleaseWorld::release_id(1), this->world().sign(made);
            }),
            409)
      << "an id twice";
  EXPECT_EQ(refused([&](auto& made, auto&) { made.descriptor.app = "org.other", this->world().sign(made); }), 422);
  EXPECT_EQ(refused([&](auto& made, auto&) {
              made.descriptor.issued = std::chrono::floor<std::chrono::seconds>(this->world().clock.now()) + 25h;
              this->world().sign(made);
            }),
            422)
      << "from the future";
  EXPECT_EQ(refused([&](auto& made, auto&) { made.text += " "; }), 422) << "another descriptor than signed";
  EXPECT_EQ(refused([&](auto& made, auto&) {
              made.descriptor.rollback_of = ReleaseWorld::release_id(77);
              this->world().sign(made);
            }),
            404);
  EXPECT_EQ(protocol::release::parse_release(*this->world().look_up("stable/release.json"))->sequence, 1U);
  EXPECT_EQ(this->world().publish(2), 201) << "and the right one still goes";
}

TYPED_TEST(Publishing, a_rollback_is_a_new_release_with_the_old_tree) {
  this->start_app();
  ASSERT_EQ(this->world().publish(1), 201);
  ASSERT_EQ(this->world().publish(2), 201);
  auto made = this->world().prepare(3);
  made.descriptor.rollback_of = ReleaseWorld::release_id(1);
  this->world().sign(made);
  this->world().put_object(made.objects[0]);
  EXPECT_EQ(this->world().post_release(made).status, 422) << "it has a tree of its own";
  made.descriptor.tree.root = testing::sample_root(1);
  this->world().sign(made);
  EXPECT_EQ(this->world().post_release(made).status, 201);
}

TYPED_TEST(Publishing, metadata_that_does_not_fit_is_refused_whole) {
  auto& tuf = this->world().tuf;
  auto files = this->world().first_metadata();
  EXPECT_EQ(this->world().post_metadata({files[1], files[2]}).status, 404) << "no root yet";
  auto strangers = files;
  strangers[0].bytes = tuf.sign(tuf::print(tuf.root), {"root-1", "stranger"});
  EXPECT_EQ(this->world().post_metadata(strangers).status, 422);
  const auto kept = tuf.root;
  tuf.set_role("timestamp", {"mine"}, 1);
  EXPECT_EQ(this->world().post_metadata(this->world().first_metadata()).status, 422) << "not the server's key";
  tuf.root = kept;
  tuf.delegate("ch-beta", "*", {"ci"}, 1);
  EXPECT_EQ(this->world().post_metadata(this->world().first_metadata()).status, 422) << "a path that covers everything";
  std::erase_if(tuf.targets.delegated_roles, [](const auto& role) { return role.name == "ch-beta"; });
  this->world().set_channels({{.name = "stable"}, {.name = "beta"}});
  EXPECT_EQ(this->world().post_metadata(this->world().first_metadata()).status, 422) << "a channel without a role";
  for (const char* name :
       {"timestamp.json", "1.snapshot.json", "1.policy-stable.json", "../x", "01.root.json", "1.root"})
    EXPECT_EQ(this->world().post_metadata({{name, Bytes{1}}}).status, 422) << name;
  EXPECT_EQ(this->world().get("metadata/1.root.json").status, 404) << "nothing of it is visible";
}

TYPED_TEST(Publishing, a_publisher_may_send_all_it_ever_signed) {
  auto& tuf = this->world().tuf;
  auto all = this->world().first_metadata();
  ++tuf.targets.version;
  auto later = this->world().first_metadata();
  all.insert(all.end(), later.begin() + 1, later.end());  // the root once, targets 1 and 2, channels.json twice
  all.erase(all.begin() + 2);
  ASSERT_EQ(this->world().post_metadata(all).status, 204);
  ++tuf.root.version;
  tuf.publish_root();
  all.push_back({"2.root.json", tuf.metadata.at("2.root.json")});
  EXPECT_EQ(this->world().post_metadata(all).status, 204) << "what is old is passed over";
  EXPECT_EQ(this->world().get("metadata/2.root.json").status, 200);
  auto& role = tuf.roles["ch-stable"];
  role.version = 5;  // signed, and never sent: 1 to 4
  EXPECT_EQ(this->world().publish(1), 201);
  EXPECT_TRUE(this->world().look_up("stable/release.json"));
}

TYPED_TEST(Publishing, roots_rotate_and_devices_follow) {
  this->start_app();
  ASSERT_EQ(this->world().publish(1), 201);
  auto& tuf = this->world().tuf;
  const auto old_device = [&] { return this->world().look_up("stable/release.json"); };
  tuf.root.version = 2;
  const auto snapshot = tuf.root.roles["snapshot"], timestamp = tuf.root.roles["timestamp"];
  tuf.set_role("root", {"root-4", "root-5"}, 2);
  tuf.publish_root({"root-1", "root-2"});
  ASSERT_EQ(this->world().post_metadata({{"2.root.json", tuf.metadata.at("2.root.json")}}).status, 204);
  EXPECT_TRUE(old_device());
  tuf.root.version = 3;
  tuf.publish_root({"root-1"});
  tuf.metadata["3.root.json"] = tuf.sign(tuf::print(tuf.root), {"root-1", "root-2"});
  EXPECT_EQ(this->world().post_metadata({{"3.root.json", tuf.metadata.at("3.root.json")}}).status, 422)
      << "signed by the former keys only";
  EXPECT_TRUE(old_device());
}

TYPED_TEST(Publishing, a_channels_role_is_signed_anew_for_the_same_release_only) {
  this->start_app();
  ASSERT_EQ(this->world().publish(1), 201);
  auto& role = this->world().tuf.roles["ch-stable"];
  const Bytes renewed = this->world().tuf.sign_role("ch-stable", role);  // version 2, the same target
  EXPECT_EQ(this->world().post_metadata({{"2.ch-stable.json", renewed}}).status, 204);
  EXPECT_TRUE(this->world().look_up("stable/release.json"));
  ++role.version;
  const auto other = this->world().prepare(2);
  EXPECT_EQ(this->world().post_metadata({{"3.ch-stable.json", other.metadata}}).status, 422);
}

// --- a channel's keys are stolen ---

// As whoever has the keys that sign "stable" now: any number, any version.
int publish_as(ReleaseWorld& world, std::uint8_t id, std::uint64_t sequence, std::int64_t version) {
  world.tuf.roles["ch-stable"].version = version;
  auto made = world.prepare(id);
  made.descriptor.sequence = sequence;
  world.sign(made);
  world.put_object(made.objects[0]);
  return world.post_release(made).status;
}

void name_other_channel_keys(ReleaseWorld& world) {
  world.tuf.delegate("ch-stable", "stable/*", {"ci-2", "human-2"}, 2);
  ++world.tuf.targets.version;
}

// As versions of the server before left them, which knew nothing of it.
void set_root_versions(sql::Database& db, std::int64_t version) {
  auto work = [version](sql::Transaction& tx) -> Status {
    TRY_DO(tx.execute("UPDATE release_releases SET root_version = $1", version));
    return {};
  };
  EXPECT_TRUE(db.write(work).get());
}

TYPED_TEST(Publishing, a_stolen_channel_key_does_not_take_numbers_to_their_end) {
  this->start_app();
  auto& world = this->world();
  constexpr auto last = static_cast<std::uint64_t>(protocol::limits::json_number_maximum);
  constexpr std::uint64_t step = protocol::limits::sequence_step;
  EXPECT_EQ(publish_as(world, 1, last, 1), 409) << "nor does the first release";
  EXPECT_EQ(publish_as(world, 1, protocol::limits::first_sequence + 1, 1), 409);
  EXPECT_EQ(publish_as(world, 1, 7, 1), 201);
  EXPECT_EQ(publish_as(world, 2, last, 2), 409);
  EXPECT_EQ(publish_as(world, 2, 7 + step + 1, 2), 409);
  EXPECT_EQ(publish_as(world, 2, 8, protocol::limits::json_number_maximum), 409);
  EXPECT_EQ(publish_as(world, 2, 8, 2 + protocol::limits::role_version_step), 409);
  EXPECT_EQ(publish_as(world, 2, 7 + step, 1 + protocol::limits::role_version_step), 201);
  EXPECT_EQ(publish_as(world, 3, 8 + step, 2 + protocol::limits::role_version_step), 201) << "and something can follow";
  world.tuf.targets.version = protocol::limits::json_number_maximum;
  const auto files = world.first_metadata();
  EXPECT_EQ(world.post_metadata({files[1], files[2]}).status, 409) << "targets neither";
}

TYPED_TEST(Publishing, other_channel_keys_under_a_new_root_begin_anew) {
  this->start_app();
  auto& world = this->world();
  ASSERT_EQ(world.publish(9), 201);
  auto device = *tuf::TrustedMetadata::open(world.first_root(), world.clock.now());
  constexpr std::uint64_t far = 1'000;
  ASSERT_EQ(publish_as(world, 66, far, 1000), 201) << "the thief";
  ASSERT_TRUE(world.look_up("stable/release.json", device));

  name_other_channel_keys(world);
  auto files = world.first_metadata();
  EXPECT_EQ(world.post_metadata({files[1], files[2]}).status, 422) << "keys alone: devices would remember the number";
  ++world.tuf.root.version;
  files = world.first_metadata();
  world.tuf.roles["ch-stable"].version = 1001;
  files.push_back({"1001.ch-stable.json", world.prepare(9).metadata});  // what was the publisher's last
  ASSERT_EQ(world.post_metadata(files).status, 204);
  EXPECT_FALSE(world.look_up("stable/release.json")) << "nobody takes what the thief released";
  EXPECT_TRUE(world.look_up("channels.json"));
  EXPECT_EQ(world.post_metadata(files).status, 204) << "the same again";

  EXPECT_EQ(publish_as(world, 10, 10, 1000), 409) << "versions of metadata go on";
  ASSERT_EQ(publish_as(world, 10, 10, 1002), 201);
  auto again = *tuf::TrustedMetadata::open(device.kept().front().bytes, world.clock.now());
  again.restore(device.kept());
  const auto found = world.look_up("stable/release.json", again);
  ASSERT_TRUE(found) << to_string(found.error()) << ": one that saw the thief's";
  EXPECT_EQ(protocol::release::parse_release(*found)->sequence, 10U);
  EXPECT_EQ(world.policy().releases[0].id, ReleaseWorld::release_id(10)) << "the newest, not the highest number";
  EXPECT_EQ(publish_as(world, 11, 10, 1003), 409) << "from here on they rise again";
  EXPECT_EQ(publish_as(world, 11, 11, 1003), 201);
}

TYPED_TEST(Publishing, a_channel_that_was_stolen_before_the_server_knew_roots_begins_anew_too) {
  this->start_app();
  auto& world = this->world();
  ASSERT_EQ(world.publish(9), 201);
  ASSERT_EQ(publish_as(world, 66, 1'000, 2), 201) << "the thief";
  set_root_versions(this->db(), 0);
  name_other_channel_keys(world);
  ++world.tuf.root.version;
  ASSERT_EQ(world.post_metadata(world.first_metadata()).status, 204);
  EXPECT_EQ(publish_as(world, 10, 10, 3), 201);
  EXPECT_EQ(protocol::release::parse_release(*world.look_up("stable/release.json"))->sequence, 10U);
}

TYPED_TEST(Publishing, a_root_that_a_server_of_before_took_lets_no_number_go_back) {
  this->start_app();
  auto& world = this->world();
  ASSERT_EQ(world.publish(9), 201);
  ++world.tuf.root.version;
  ASSERT_EQ(world.post_metadata(world.first_metadata()).status, 204);
  set_root_versions(this->db(), 1);
  EXPECT_EQ(publish_as(world, 8, 8, 2), 409) << "devices found 9 under this root, whoever took that";
  name_other_channel_keys(world);
  ++world.tuf.root.version;
  ASSERT_EQ(world.post_metadata(world.first_metadata()).status, 204);
  EXPECT_EQ(publish_as(world, 8, 8, 2), 201) << "and no 9 under the next";
}

TYPED_TEST(Publishing, a_new_root_alone_lets_no_number_go_back) {
  this->start_app();
  auto& world = this->world();
  ASSERT_EQ(world.publish(9), 201);
  ++world.tuf.root.version;
  ASSERT_EQ(world.post_metadata(world.first_metadata()).status, 204);
  EXPECT_EQ(publish_as(world, 8, 8, 2), 409) << "devices remember 9 under this root";
  name_other_channel_keys(world);
  ++world.tuf.root.version;
  auto files = world.first_metadata();
  world.tuf.roles["ch-stable"].version = 2;
  files.push_back({"2.ch-stable.json", world.prepare(9).metadata});
  ASSERT_EQ(world.post_metadata(files).status, 204);
  EXPECT_TRUE(world.look_up("stable/release.json")) << "signed anew with them";
  EXPECT_EQ(publish_as(world, 8, 8, 3), 409) << "and so it is what they remember";
  EXPECT_EQ(publish_as(world, 10, 10, 3), 201);
}

TYPED_TEST(Publishing, what_is_online_is_signed_again_before_it_expires) {
  this->start_app();
  ASSERT_EQ(this->world().publish(1), 201);
  const std::string before(this->world().get("metadata/timestamp.json").body_text());
  ASSERT_TRUE(this->world().server->keep_house());
  EXPECT_EQ(this->world().get("metadata/timestamp.json").body_text(), before) << "nothing is due";
  this->world().clock.advance(61min);
  ASSERT_TRUE(this->world().server->keep_house());
  EXPECT_NE(this->world().get("metadata/timestamp.json").body_text(), before);
  for (int day = 0; day < 20; ++day) {
    this->world().clock.advance(24h);
    ASSERT_TRUE(this->world().server->keep_house());
    ASSERT_TRUE(this->world().look_up("stable/release.json")) << "day " << day;
    ASSERT_TRUE(this->world().look_up("policy/stable/policy.json")) << "day " << day;
  }
}

TYPED_TEST(Publishing, files_of_the_version_before_stay_for_devices_in_the_middle_of_an_update) {
  this->start_app();
  ASSERT_EQ(this->world().publish(1), 201);
  ASSERT_EQ(this->world().get("metadata/1.ch-stable.json").status, 200);
  ASSERT_EQ(this->world().publish(2), 201);
  EXPECT_EQ(this->world().get("metadata/1.ch-stable.json").status, 200);
  this->world().clock.advance(8 * 24h);
  ASSERT_TRUE(this->world().server->keep_house());
  EXPECT_EQ(this->world().get("metadata/1.ch-stable.json").status, 404);
  EXPECT_EQ(this->world().get("metadata/1.root.json").status, 200) << "roots stay for ever";
}

// --- the server's own keys are replaced ---

tuf::TufKey next_key(ReleaseWorld& world, const std::string& role) {
  const auto view = protocol::json::parse_object(world.send(http::Method::get, ReleaseWorld::api("")).body_text());
  const auto* const keys = view->find("next_keys");
  return tuf::TufKey::from(keys != nullptr ? *keys->find(role) : *view->find("online_keys")->find(role)).value();
}

Status make_next_keys(sql::Database& db, const ReleaseWorld& world, std::vector<std::string> roles) {
  auto work = [&](sql::Transaction& tx) { return insert_next_keys(tx, ReleaseWorld::app, roles, world.seal); };
  return db.write(work).get();
}

void name_next_root_keys(ReleaseWorld& world) {
  auto& root = world.tuf.root;
  for (const char* role : {"snapshot", "timestamp"}) {
    const auto key = next_key(world, role);
    root.keys.emplace(key.id(), key);
    root.roles[role] = {{key.id()}, 1};
  }
  ++root.version;
}

void name_next_policy_key(ReleaseWorld& world) {
  auto& targets = world.tuf.targets;
  const auto key = next_key(world, "policy");
  targets.delegated_keys.emplace(key.id(), key);
  for (auto& role : targets.delegated_roles)
    if (role.name == "policy-stable") role.keys = {{key.id()}, 1};
  ++targets.version;
}

TYPED_TEST(Publishing, the_servers_keys_change_over_when_root_and_targets_name_others) {
  this->start_app();
  ASSERT_EQ(this->world().publish(1), 201);
  auto device = *tuf::TrustedMetadata::open(this->world().first_root(), this->world().clock.now());
  ASSERT_TRUE(this->world().look_up("policy/stable/policy.json", device));
  ASSERT_TRUE(make_next_keys(this->db(), this->world(), {"snapshot", "timestamp", "policy"}));
  EXPECT_EQ(make_next_keys(this->db(), this->world(), {"policy"}).error().code, Code::already_exists);
  EXPECT_EQ(make_next_keys(this->db(), this->world(), {"root"}).error().code, Code::invalid_argument);
  ASSERT_EQ(this->world().publish(2), 201) << "the old ones sign until then";

  name_next_root_keys(this->world());
  name_next_policy_key(this->world());
  ASSERT_EQ(this->world().post_metadata(this->world().first_metadata()).status, 204);
  EXPECT_TRUE(this->world().look_up("policy/stable/policy.json")) << "a new device";
  auto kept = device.kept();
  auto again = *tuf::TrustedMetadata::open(kept.front().bytes, this->world().clock.now());
  again.restore(kept);
  EXPECT_TRUE(this->world().look_up("policy/stable/policy.json", again)) << "one that knows the old keys";
  EXPECT_EQ(this->world().policy().releases.size(), 2U) << "what the policy said stays";
  EXPECT_TRUE(make_next_keys(this->db(), this->world(), {"policy"})) << "nothing waits any more";
  ASSERT_EQ(this->world().publish(3), 201);
  EXPECT_TRUE(this->world().look_up("stable/release.json", again));
}

TYPED_TEST(Publishing, the_servers_keys_change_one_by_one_and_only_to_its_own) {
  this->start_app();
  ASSERT_EQ(this->world().publish(1), 201);
  ASSERT_TRUE(make_next_keys(this->db(), this->world(), {"snapshot", "timestamp", "policy"}));
  name_next_policy_key(this->world());
  const auto files = this->world().first_metadata();
  ASSERT_EQ(this->world().post_metadata({files[1], files[2]}).status, 204) << "the root stays";
  EXPECT_TRUE(this->world().look_up("policy/stable/policy.json"));
  auto& tuf = this->world().tuf;
  const auto kept = tuf.root;
  tuf.set_role("timestamp", {"mine"}, 1);
  ++tuf.root.version;
  EXPECT_EQ(this->world().post_metadata(this->world().first_metadata()).status, 422) << "a key the server has not";
  tuf.root = kept;
  auto work = [](sql::Transaction& tx) { return drop_next_keys(tx, ReleaseWorld::app); };
  EXPECT_EQ(this->db().write(work).get(), 2);
}

TYPED_TEST(Publishing, everything_survives_a_restart) {
  this->start_app();
  ASSERT_EQ(this->world().publish(1), 201);
  this->world().restart(this->db());
  EXPECT_TRUE(this->world().look_up("stable/release.json"));
  EXPECT_EQ(this->world().publish(2), 201);
}

TYPED_TEST(Publishing, another_process_sees_what_was_published) {
  this->start_app();
  auto other = Server::open(this->db(), *this->world().blobs, this->world().seal, this->world().clock).value();
  http::Router router;
  other->add_routes(router);
  ASSERT_EQ(this->world().publish(1), 201);
  http::LoopbackClient client(router);
  http::Request request;
  request.url = "https://x/updates/" + std::string(ReleaseWorld::app) + "/metadata/timestamp.json";
  const auto stale = client.send(request).value();
  ASSERT_TRUE(other->follow_changes());
  const auto fresh = client.send(request).value();
  EXPECT_NE(stale.body_text(), fresh.body_text());
  EXPECT_EQ(fresh.body_text(), this->world().get("metadata/timestamp.json").body_text());
}

}  // namespace
}  // namespace latchkey::release
