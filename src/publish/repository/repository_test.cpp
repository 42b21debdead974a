// The editor, drafts and signatures together, as a publisher uses them; what comes out is judged by a client's rules.
#include <gtest/gtest.h>

#include "protocol/release/tuf/trusted_metadata.h"
#include "publish/repository/role_editor.h"
#include "publish/repository/signing.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::publish {
namespace {

using crypto::SignatureAlgorithm;
using crypto::SigningKey;
using Names = std::vector<std::string>;
const Instant repository_time = from_unix_seconds(1'800'000'000);

class PublisherRepository : public ::testing::Test {
 protected:
  const SigningKey& key(const std::string& name) {
    if (!keys_.contains(name)) keys_.emplace(name, *SigningKey::generate(SignatureAlgorithm::ed25519));
    return keys_.at(name);
  }
  tuf::TufKey public_key(const std::string& name) { return *tuf::TufKey::of(key(name).verifying_key()); }
  std::vector<tuf::TufKey> public_keys(const Names& names) {
    std::vector<tuf::TufKey> keys;
    for (const auto& name : names) keys.push_back(public_key(name));
    return keys;
  }
  // Somebody's machine, with these keys at hand.
  FindKey holder(const Names& names) {
    return [this, names](const tuf::TufKey& wanted) -> Result<std::optional<SigningKey>> {
      for (const auto& name : names)
        if (public_key(name) == wanted) {
          TRY(const auto der, key(name).to_pkcs8());
          TRY(SigningKey copy, SigningKey::from_pkcs8(SignatureAlgorithm::ed25519, der));
          return std::optional(std::move(copy));
        }
      return std::optional<SigningKey>();
    };
  }

  static tuf::Root empty_root() {
    tuf::Root root{.version = 0, .expires = repository_time, .keys = {}, .roles = {}};
    for (const auto role : {tuf::root_role, tuf::targets_role, tuf::snapshot_role, tuf::timestamp_role})
      root.roles[std::string(role)];
    return root;
  }
  tuf::Root with(tuf::Root root, std::string_view role, const Names& names, std::size_t threshold) {
    const std::int64_t version = root.version;
    root = *change_keys(std::move(root), role, {public_keys(names), {}, threshold},
                        repository_time + std::chrono::days(365));
    root.version = version;
    return root;
  }
  static Draft draft_of(std::string_view role, std::int64_t version, const std::string& content) {
    return {{std::string(role), version}, *tuf::Envelope::of(content)};
  }
  Names sign_and_submit(Draft draft, const Names& names) {
    EXPECT_TRUE(sign_with(draft, *list_requirements(folder, draft), holder(names)));
    Names done;
    const auto completed = submit(folder, draft);
    for (const auto& name : *completed) done.push_back(name.file_name());
    return done;
  }

  void make_repository() {
    tuf::Root root = with(empty_root(), "root", {"r1", "r2", "r3"}, 2);
    root = with(std::move(root), "targets", {"t1", "t2"}, 2);
    root = with(std::move(root), "snapshot", {"online"}, 1);
    root = with(std::move(root), "timestamp", {"online"}, 1);
    root.version = 1;
    ASSERT_TRUE(submit(folder, draft_of("root", 1, print(root)))->empty()) << "nobody signed";
    tuf::Targets targets = *add_channel({}, "stable", {public_keys({"ci", "human"}), 2, public_key("policy")});
    targets.expires = repository_time + std::chrono::days(120);
    EXPECT_EQ(sign_and_submit(draft_of("targets", 1, print(targets)), {"t1", "t2"}), Names{});
    EXPECT_EQ(sign_and_submit(folder.list_drafts()->front(), {"r1", "r3"}), (Names{"1.root.json", "1.targets.json"}));
  }
  void publish_release(std::string_view descriptor, const Names& signers) {
    const auto before = *folder.find_targets("ch-stable");
    const auto next = *name_release(before, "stable", as_bytes(descriptor), repository_time + std::chrono::days(30));
    EXPECT_EQ(sign_and_submit(draft_of("ch-stable", next.version, print(next)), signers).size(), 1U);
    ASSERT_TRUE(folder.put_target("stable/release.json", as_bytes(descriptor)));
    ASSERT_TRUE(sign_snapshot(folder, holder({"online"}), repository_time, std::chrono::days(7), std::chrono::days(2)));
  }
  // What a device that was shipped with the first root is told.
  std::string check_as_device() {
    const auto answer = walk();
    return answer ? *answer : std::string(name_of(answer.error().code));
  }
  Result<std::string> walk() {
    const auto read = [&](const std::string& name) { return folder_file(name); };
    TRY(auto trusted, tuf::TrustedMetadata::open(*read("1.root.json"), repository_time));
    while (const auto next = read(trusted.next_root_name())) TRY_DO(trusted.update_root(*next));
    TRY_DO(trusted.finish_roots());
    TRY_DO(trusted.update_timestamp(*read("timestamp.json")));
    TRY_DO(trusted.update_snapshot(*read(trusted.wanted_snapshot()->name)));
    for (;;) {
      TRY(const auto step, trusted.look_up("stable/release.json"));
      if (const auto* target = std::get_if<tuf::FoundTarget>(&step)) return target->name;
      const auto& wanted = std::get<tuf::WantedFile>(step);
      TRY_DO(trusted.update_targets(wanted.role, *read(wanted.name)));
    }
  }
  std::optional<Bytes> folder_file(const std::string& name) {
    std::FILE* file = std::fopen((folder.path() / "metadata" / name).c_str(), "rb");
    if (file == nullptr) return std::nullopt;
    Bytes bytes(100'000);
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
    std::fclose(file);
    return bytes;
  }

  testing::TemporaryFolder temporary;
  MetadataFolder folder{temporary.path() / "updates"};

 private:
  std::map<std::string, SigningKey> keys_;
};

TEST_F(PublisherRepository, a_new_repository_serves_devices) {
  make_repository();
  publish_release("release 1", {"ci", "human"});
  EXPECT_EQ(check_as_device(), consistent_name("stable/release.json", tuf::describe_target(as_bytes("release 1"))));
  publish_release("release 2", {"ci", "human"});
  EXPECT_EQ(check_as_device(), consistent_name("stable/release.json", tuf::describe_target(as_bytes("release 2"))));
  EXPECT_EQ(*folder.read_target("stable/release.json", tuf::describe_target(as_bytes("release 2"))),
            Bytes({'r', 'e', 'l', 'e', 'a', 's', 'e', ' ', '2'}));
}

TEST_F(PublisherRepository, signatures_gather_over_machines) {
  make_repository();
  tuf::Root next = *folder.read_root();
  next = *change_keys(next, "root", {public_keys({"r4"}), {public_key("r1").id()}, {}},
                      repository_time + std::chrono::days(400));
  Draft draft = draft_of("root", next.version, print(next));
  EXPECT_EQ(sign_and_submit(draft, {"r2"}), Names{}) << "one of two, and one of two";
  const auto progress = [&] {
    std::string text;
    const Draft stored = folder.list_drafts()->front();
    const auto requirements = list_requirements(folder, stored);
    for (const auto& one : *requirements) {
      const Progress measured = measure(one, stored.envelope);
      text += measured.whose + " " + std::to_string(measured.valid) + "/" + std::to_string(measured.threshold) + ";";
    }
    return text;
  };
  EXPECT_EQ(progress(), "root 1 1/2;root 2 (new) 1/2;");

  // Another machine has the file and nothing else.
  tuf::Envelope elsewhere = folder.list_drafts()->front().envelope;
  ASSERT_TRUE(elsewhere.sign(key("r3")) && elsewhere.sign(key("stranger")));
  Draft stored = folder.list_drafts()->front();
  EXPECT_EQ(*merge(stored, elsewhere, *list_requirements(folder, stored)), 1U) << "the stranger's is left out";
  EXPECT_EQ(stored.envelope.signatures().size(), 2U);
  const auto completed = submit(folder, stored);
  ASSERT_TRUE(completed);
  EXPECT_EQ(completed->size(), 1U);
  EXPECT_EQ(folder.read_root()->version, 2);
  EXPECT_TRUE(folder.list_drafts()->empty());
}

TEST_F(PublisherRepository, a_merge_takes_no_other_contents_and_no_wrong_signature) {
  make_repository();
  tuf::Root next = *change_keys(*folder.read_root(), "root", {{}, {}, 3}, repository_time);
  Draft draft = draft_of("root", next.version, print(next));
  next.expires = repository_time + std::chrono::days(9999);
  EXPECT_EQ(merge(draft, *tuf::Envelope::of(print(next)), *list_requirements(folder, draft)).error().code,
            Code::metadata_mismatch);
  tuf::Envelope forged = draft.envelope;
  ASSERT_TRUE(forged.add({public_key("r1").id(), Bytes(64, 1)}));
  EXPECT_EQ(*merge(draft, forged, *list_requirements(folder, draft)), 0U);
}

TEST_F(PublisherRepository, every_roles_keys_can_change) {
  make_repository();
  publish_release("release 1", {"ci", "human"});
  for (const std::string role : {"root", "targets", "snapshot", "timestamp"}) {
    const tuf::Root root = *folder.read_root();
    KeyChange change{public_keys({"new-" + role}), root.role(role).key_ids, 1};
    const tuf::Root next = *change_keys(root, role, change, repository_time + std::chrono::days(365));
    EXPECT_EQ(sign_and_submit(draft_of("root", next.version, print(next)), {"r1", "r2", "new-root"}).size(), 1U)
        << role;
  }
  tuf::Targets targets = *tuf::parse_targets(tuf::Envelope::parse(**folder.find_file("targets"), 100'000)->content());
  EXPECT_EQ(folder.find_targets("targets").error().code, Code::signature_invalid) << "the old keys no longer count";
  targets = *change_keys(targets, "ch-stable", {public_keys({"ci-2"}), targets.find_role("ch-stable")->keys.key_ids, 1},
                         repository_time + std::chrono::days(120));
  EXPECT_EQ(targets.delegated_keys.size(), 2U) << "unused keys went";
  EXPECT_EQ(sign_and_submit(draft_of("targets", targets.version, print(targets)), {"new-targets"}).size(), 1U);
  const auto stable = *name_release(*folder.find_targets("ch-stable"), "stable", as_bytes("release 2"),
                                    repository_time + std::chrono::days(1));
  EXPECT_EQ(sign_and_submit(draft_of("ch-stable", stable.version, print(stable)), {"ci-2"}).size(), 1U);
  ASSERT_TRUE(sign_snapshot(folder, holder({"new-snapshot", "new-timestamp"}), repository_time, std::chrono::days(7),
                            std::chrono::days(2)));
  EXPECT_EQ(check_as_device(), consistent_name("stable/release.json", tuf::describe_target(as_bytes("release 2"))));
}

TEST_F(PublisherRepository, impossible_changes_are_refused) {
  make_repository();
  const tuf::Root root = *folder.read_root();
  const auto code = [&](const KeyChange& change, std::string_view role = "root") {
    const auto next = change_keys(root, role, change, repository_time);
    return next ? "ok" : name_of(next.error().code);
  };
  EXPECT_EQ(code({public_keys({"r1"}), {}, {}}), "invalid_argument") << "there already";
  EXPECT_EQ(code({{}, {public_key("x").id()}, {}}), "invalid_argument") << "not there";
  EXPECT_EQ(code({{}, {}, 4}), "invalid_argument");
  EXPECT_EQ(code({{}, {}, 0}), "invalid_argument");
  EXPECT_EQ(code({{}, {public_key("r1").id(), public_key("r2").id()}, {}}), "invalid_argument") << "too few are left";
  EXPECT_EQ(code({}, "ch-stable"), "not_found");
  EXPECT_EQ(code({}), "ok") << "only more time";
  const tuf::Targets targets = *folder.get_targets("targets");
  EXPECT_EQ(add_channel(targets, "stable", {public_keys({"ci"}), 1, {}}).error().code, Code::already_exists);
  EXPECT_EQ(add_channel(targets, "policy", {public_keys({"ci"}), 1, {}}).error().code, Code::invalid_argument);
  EXPECT_EQ(add_channel(targets, "../x", {public_keys({"ci"}), 1, {}}).error().code, Code::invalid_argument);
  EXPECT_EQ(add_channel(targets, "beta", {public_keys({"ci"}), 2, {}}).error().code, Code::invalid_argument);
}

TEST_F(PublisherRepository, a_folder_that_was_altered_is_noticed) {
  make_repository();
  publish_release("release 1", {"ci", "human"});
  const auto put = [&](const char* name, std::string_view text) {
    std::FILE* file = std::fopen((folder.path() / "metadata" / name).c_str(), "wb");
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  };
  tuf::Root evil = *folder.read_root();
  evil.version = 2;
  auto envelope = *tuf::Envelope::of(print(evil));
  ASSERT_TRUE(envelope.sign(key("stranger")));
  put("2.root.json", envelope.print());
  EXPECT_EQ(folder.read_root().error().code, Code::signature_invalid);
  EXPECT_EQ(folder.read_target("stable/release.json", tuf::describe_target(as_bytes("other"))).error().code,
            Code::not_found);
}

TEST(MetadataNames, are_versions_and_roles) {
  EXPECT_EQ(MetadataName::parse("7.ch-stable.json")->role, "ch-stable");
  EXPECT_EQ(MetadataName::parse("7.ch-stable.json")->version, 7);
  for (const auto* const wrong : {"timestamp.json", "x.root.json", "07.root.json", "7.root.jsn", "7..json", "7.A.json",
                                  "-1.root.json", "7.root.json.latchkey-tmp"})
    EXPECT_FALSE(MetadataName::parse(wrong)) << wrong;
  EXPECT_EQ((MetadataName{"timestamp", 4}.file_name()), "timestamp.json");
}

}  // namespace
}  // namespace latchkey::publish
