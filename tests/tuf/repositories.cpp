#include <functional>

#include "base/atomic_file.h"
#include "protocol/json_writer.h"
#include "tests/support/tuf_repository.h"
#include "tests/tuf/lab.h"

namespace latchkey::lab {
namespace {

namespace tuf = protocol::tuf;
namespace json = protocol::json;
using test::TufRepository;
using Names = std::vector<std::string>;

constexpr std::string_view release = "stable/release.json";
class Scenario final {
 public:
  Scenario(std::string name, Instant now, const Contents& contents)
      : repository(now), release_of_(contents.release), story_{.name = std::move(name), .steps = {}} {
    repository.add_target("targets", "channels.json", contents.channels);
    repository.add_target("policy-stable", "policy/stable/policy.json", contents.policy);
    repository.publish();
    publish_release("release 1");
  }

  TufRepository repository;

  void publish_release(const std::string& contents) {
    repository.add_target("ch-stable", std::string(release), release_of_(contents));
    repository.publish_next("ch-stable");
    contents_ = contents;
  }
  void publish_root(const Names& also = {}) {
    ++repository.root.version;
    repository.publish_root(also);
  }
  // One version on, in a chain of hashes that fits.
  void publish_online() {
    ++repository.snapshot.version;
    repository.publish_snapshot();
    ++repository.timestamp.version;
    repository.publish_timestamp();
  }
  void put_role(const std::string& role, std::int64_t version, const Bytes& file) {
    repository.metadata[std::to_string(version) + "." + role + ".json"] = file;
    repository.snapshot.roles[role] = tuf::describe(version, file);
    publish_online();
  }

  void accepts(const std::string& server = "plain") {
    serve(contents_, true, server);
    good_ = {repository.root,      repository.targets,  repository.roles,        repository.snapshot,
             repository.timestamp, repository.metadata, repository.target_files, contents_};
  }
  void refuses(const std::string& code, const std::string& server = "plain") { serve(code, false, server); }
  // What stock clients are known to take although our profile refuses it.
  void refuses_alone(const std::string& code) {
    refuses(code);
    story_.steps.back().do_stock_clients_agree = false;
  }

  using Files = std::map<std::string, Bytes>;

  // Afterwards the publisher puts everything right, with versions beyond what the attacker had signed.
  void attack(void (*make)(Scenario&)) {
    make(*this);
    const std::int64_t root_version = repository.root.version;
    const bool keeps_root = story_.steps.back().expected == "metadata_expired" && root_version > good_.root.version;
    const auto announced = repository.snapshot.roles;
    const std::int64_t snapshot_version = repository.snapshot.version;
    const std::int64_t timestamp_version = repository.timestamp.version;
    Files expired_root;
    if (keeps_root) expired_root["2.root.json"] = repository.metadata["2.root.json"];
    restore_good();
    repository.metadata.merge(expired_root);
    if (keeps_root) {
      repository.root.version = root_version;
      publish_root();
    }
    for (auto& [name, role] : repository.roles)
      role.version = announced.contains(name) ? announced.at(name).version : 0;
    repository.targets.version = announced.at("targets").version;
    repository.snapshot.version = snapshot_version;
    repository.timestamp.version = timestamp_version;
    for (const auto& [name, role] : repository.roles) repository.publish_next(name);
    repository.publish_next("targets");
    accepts();
  }

  Story story() && { return std::move(story_); }

 private:
  struct Good {
    tuf::Root root;
    tuf::Targets targets;
    std::map<std::string, tuf::Targets> roles;
    tuf::Snapshot snapshot;
    tuf::Timestamp timestamp;
    Files metadata;
    Files target_files;
    std::string contents;
  };
  void restore_good() {
    repository.root = good_.root;
    repository.targets = good_.targets;
    repository.roles = good_.roles;
    repository.snapshot = good_.snapshot;
    repository.timestamp = good_.timestamp;
    repository.metadata = good_.metadata;
    repository.target_files = good_.target_files;
    contents_ = good_.contents;
  }
  void serve(std::string expected, bool is_accepted, std::string server) {
    story_.steps.push_back({.expected = std::move(expected),
                            .is_accepted = is_accepted,
                            .server = std::move(server),
                            .metadata = repository.metadata,
                            .targets = repository.target_files});
  }

  std::function<std::string(const std::string&)> release_of_;
  std::string contents_;
  Good good_;  // what was accepted last
  Story story_;
};

Bytes replace(const Bytes& file, std::string_view from, std::string_view to) {
  std::string text(as_text(file));
  text.replace(text.find(from), from.size(), to);
  return {text.begin(), text.end()};
}

// --- keys change ---

void change_root_keys(Scenario& s) {
  s.repository.set_role("root", {"new-1", "new-2 p256"}, 2);
  s.publish_root({"root-1", "root-3 p256"});
  s.accepts();
  s.repository.set_role("root", {"newest"}, 1);
  s.publish_root({"new-1", "new-2 p256"});
  s.publish_release("release 2");
  s.accepts();
}

void change_online_keys(Scenario& s) {
  for (const std::string role : {"timestamp", "snapshot"}) {
    s.repository.set_role(role, {"new-" + role}, 1);
    s.publish_root();
    s.publish_online();
    s.accepts();
  }
}

// The timestamp's versions begin again at 1 with the new keys.
void recover_from_fast_forward(Scenario& s) {
  s.repository.timestamp.version = s.repository.snapshot.version = 1'000'000'000;
  s.publish_online();
  s.accepts();
  s.repository.set_role("timestamp", {"new-timestamp"}, 1);
  s.repository.set_role("snapshot", {"new-snapshot"}, 1);
  s.publish_root();
  s.repository.timestamp.version = s.repository.snapshot.version = 0;
  s.publish_online();
  s.accepts();
}

void change_targets_keys(Scenario& s) {
  s.repository.set_role("targets", {"targets-3 p256"}, 1);
  s.publish_root();
  s.repository.publish_next("targets");
  s.accepts();
}

void change_channel_keys(Scenario& s) {
  s.repository.delegate("ch-stable", "stable/*", {"ci-2", "human-2 p256"}, 2);
  s.repository.publish_next("targets");
  s.publish_release("release 2");
  s.accepts();
}

// --- attacks ---

void replay_timestamp(Scenario& s) {
  const Bytes old = s.repository.metadata["timestamp.json"];
  s.publish_release("release 2");
  s.accepts();
  s.repository.metadata["timestamp.json"] = old;
  s.refuses("metadata_rolled_back");
}

void mix_snapshots(Scenario& s) {
  const Bytes old = s.repository.metadata[std::to_string(s.repository.snapshot.version) + ".snapshot.json"];
  s.publish_release("release 2");
  s.repository.metadata[std::to_string(s.repository.snapshot.version) + ".snapshot.json"] = old;
  s.refuses("metadata_mismatch");
}

void roll_role_back(Scenario& s) {
  const auto old = s.repository.snapshot.roles["ch-stable"];
  s.publish_release("release 2");
  s.accepts();
  s.repository.snapshot.roles["ch-stable"] = old;
  s.publish_online();
  s.refuses("metadata_rolled_back");
}

void drop_role(Scenario& s) {
  s.repository.snapshot.roles.erase("policy-stable");
  s.publish_online();
  s.refuses("metadata_rolled_back");
}

void expire(Scenario& s, Instant& expires) {
  expires = s.repository.now() - std::chrono::hours(1);
  s.repository.publish_targets("ch-stable");
  s.publish_online();
  s.refuses("metadata_expired");
}
void expire_timestamp(Scenario& s) { expire(s, s.repository.timestamp.expires); }
void expire_snapshot(Scenario& s) { expire(s, s.repository.snapshot.expires); }
void expire_channel(Scenario& s) {
  ++s.repository.roles["ch-stable"].version;
  expire(s, s.repository.roles["ch-stable"].expires);
}
void expire_root(Scenario& s) {
  s.repository.root.expires = s.repository.now() - std::chrono::hours(1);
  s.publish_root();
  s.refuses("metadata_expired");
}

void change_target(Scenario& s) {
  for (auto& [name, bytes] : s.repository.target_files)
    if (name.ends_with("release.json")) bytes.back() ^= 1;
  s.refuses("authentication_failed");
}
void inflate_target(Scenario& s) {
  for (auto& [name, bytes] : s.repository.target_files)
    if (name.ends_with("release.json")) bytes.resize(50'000'000, ' ');
  s.refuses("input_too_large");
}
void inflate_timestamp(Scenario& s) {
  s.repository.metadata["timestamp.json"].resize(5'000'000, ' ');
  s.refuses("input_too_large");
}

void sign_channel_with(Scenario& s, const Names& names) {
  auto& role = s.repository.roles["ch-stable"];
  ++role.version;
  s.put_role("ch-stable", role.version, s.repository.sign(print(role), names));
  s.refuses("signature_invalid");
}
void sign_with_one_of_two(Scenario& s) { sign_channel_with(s, {"ci"}); }
void sign_with_online_keys(Scenario& s) { sign_channel_with(s, {"policy", "snapshot", "timestamp"}); }
void sign_as_a_stranger(Scenario& s) { sign_channel_with(s, {"stranger", "another"}); }

void sign_twice_with_one_key(Scenario& s) {
  auto& role = s.repository.roles["ch-stable"];
  ++role.version;
  std::string file(as_text(s.repository.sign(print(role), {"ci"})));
  const std::size_t at = file.find("{\"keyid\"");
  file.insert(at, file.substr(at, file.find('}', at) + 1 - at) + ",");
  s.put_role("ch-stable", role.version, Bytes(file.begin(), file.end()));
  s.refuses("invalid_format");
}

void sign_next_root(Scenario& s, std::int64_t version, const Names& names, const std::string& code) {
  s.repository.set_role("root", {"new-1", "new-2"}, 2);
  s.repository.root.version = version;
  s.repository.metadata["2.root.json"] = s.repository.sign(print(s.repository.root), names);
  s.refuses(code);
}
void skip_a_root(Scenario& s) { sign_next_root(s, 3, {"root-1", "root-2", "new-1", "new-2"}, "metadata_mismatch"); }
void root_under_old_threshold(Scenario& s) { sign_next_root(s, 2, {"root-1", "new-1", "new-2"}, "signature_invalid"); }
void root_under_new_threshold(Scenario& s) { sign_next_root(s, 2, {"root-1", "root-2", "new-1"}, "signature_invalid"); }

void page_for_the_next_root(Scenario& s) { s.refuses("invalid_format", "spa"); }
void failure_for_the_next_root(Scenario& s) { s.refuses("server_error", "failing"); }
void forbidden_next_root(Scenario& s) { s.accepts("forbidding"); }

void sign_raw_p256(Scenario& s) {
  ++s.repository.root.version;
  auto envelope = tuf::Envelope::of(print(s.repository.root)).value();
  (void)envelope.sign(s.repository.key("root-1"));
  const auto& key = s.repository.key("root-3 p256");
  const auto raw = key.sign(as_bytes(envelope.canonical())).value();
  (void)envelope.add({s.repository.public_key("root-3 p256").id(), Bytes(raw.view().begin(), raw.view().end())});
  const std::string file = envelope.print();
  s.repository.metadata["2.root.json"] = Bytes(file.begin(), file.end());
  s.refuses("signature_invalid");
}

void speak_for_other_paths(Scenario& s) {
  s.repository.roles["ch-stable"].files.clear();
  s.repository.publish_next("ch-stable");
  s.repository.add_target("policy-stable", std::string(release), "evil");
  s.repository.publish_next("policy-stable");
  s.refuses("not_found");
}

// Signed by all who should, but not in the profile.
void sign_changed_timestamp(Scenario& s, std::string_view from, std::string_view to) {
  ++s.repository.timestamp.version;
  std::string content = print(s.repository.timestamp);
  content.replace(content.find(from), from.size(), to);
  s.repository.metadata["timestamp.json"] = s.repository.sign(content, {"timestamp"});
}
void future_specification(Scenario& s) {
  sign_changed_timestamp(s, "1.0.34", "2.0.0");
  s.refuses("future_version");
}
void fractions_of_seconds(Scenario& s) {
  sign_changed_timestamp(s, "Z\"", ".000Z\"");
  s.refuses_alone("invalid_format");
}
void key_under_another_id(Scenario& s) {
  const std::string id = s.repository.public_key("ci").id().value();
  const std::string other(64, 'a');
  std::string content = print((++s.repository.targets.version, s.repository.targets));
  for (std::size_t at = content.find(id); at != std::string::npos; at = content.find(id))
    content.replace(at, 64, other);
  s.put_role("targets", s.repository.targets.version, s.repository.sign(content, {"targets-1", "targets-2"}));
  auto& role = s.repository.roles["ch-stable"];
  ++role.version;
  const Bytes file = replace(s.repository.sign(print(role), {"ci", "human"}), id, other);
  s.put_role("ch-stable", role.version, file);
  s.refuses_alone("invalid_format");
}

struct Named {
  const char* name;
  void (*make)(Scenario&);
};
constexpr Named changes[] = {{"root-keys-change", change_root_keys},
                             {"online-keys-change", change_online_keys},
                             {"fast-forward-recovery", recover_from_fast_forward},
                             {"targets-keys-change", change_targets_keys},
                             {"channel-keys-change", change_channel_keys},
                             {"forbidden-next-root", forbidden_next_root}};
constexpr Named attacks[] = {{"replayed-timestamp", replay_timestamp},
                             {"mixed-snapshot", mix_snapshots},
                             {"role-rolled-back", roll_role_back},
                             {"role-dropped", drop_role},
                             {"expired-timestamp", expire_timestamp},
                             {"expired-snapshot", expire_snapshot},
                             {"expired-channel", expire_channel},
                             {"expired-root", expire_root},
                             {"changed-target", change_target},
                             {"endless-target", inflate_target},
                             {"endless-timestamp", inflate_timestamp},
                             {"one-signature-of-two", sign_with_one_of_two},
                             {"online-keys-sign-a-release", sign_with_online_keys},
                             {"strangers-sign", sign_as_a_stranger},
                             {"one-key-signs-twice", sign_twice_with_one_key},
                             {"root-skips-a-version", skip_a_root},
                             {"root-under-old-threshold", root_under_old_threshold},
                             {"root-under-new-threshold", root_under_new_threshold},
                             {"page-for-the-next-root", page_for_the_next_root},
                             {"failure-for-the-next-root", failure_for_the_next_root},
                             {"raw-p256-signature", sign_raw_p256},
                             {"other-paths", speak_for_other_paths},
                             {"future-specification", future_specification},
                             {"fractions-of-seconds", fractions_of_seconds},
                             {"key-under-another-id", key_under_another_id}};

Status write_files(const std::filesystem::path& folder, const std::map<std::string, Bytes>& files) {
  for (const auto& [name, bytes] : files) {
    TRY_DO(create_private_folder((folder / name).parent_path()));
    TRY_DO(write_file_atomically(folder / name, bytes));
  }
  return {};
}

Status write(const Story& story, const std::filesystem::path& folder, json::Writer& writer) {
  writer.begin_object().member("name", story.name).member("target", release).key("steps").begin_array();
  for (std::size_t i = 0; i < story.steps.size(); ++i) {
    const Served& step = story.steps[i];
    const std::string files = story.name + "/" + std::to_string(i);
    writer.begin_object().member("files", files).member("accepted", step.is_accepted);
    writer.member("expected", step.expected).member("server", step.server);
    writer.member("stock_agrees", step.do_stock_clients_agree).end_object();
    TRY_DO(write_files(folder / files / "metadata", step.metadata));
    TRY_DO(write_files(folder / files / "targets", step.targets));
  }
  writer.end_array().end_object();
  return {};
}

}  // namespace

std::vector<Story> tell_stories(Instant now, const Contents& contents) {
  std::vector<Story> stories;
  for (const Named& one : changes) {
    Scenario scenario(one.name, now, contents);
    scenario.accepts();
    one.make(scenario);
    scenario.accepts();
    stories.push_back(std::move(scenario).story());
  }
  for (const Named& one : attacks) {
    Scenario scenario(one.name, now, contents);
    scenario.accepts();
    scenario.attack(one.make);
    stories.push_back(std::move(scenario).story());
  }
  return stories;
}

Status write_repositories(const std::filesystem::path& folder, Instant now) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const Story& story : tell_stories(now, {})) TRY_DO(write(story, folder, writer));
  writer.end_array();
  return write_file_atomically(folder / "scenarios.json", as_bytes(text));
}

}  // namespace latchkey::lab
