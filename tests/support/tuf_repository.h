// A TUF repository in memory, in the profile of docs/formats/release-v1.md, with every private key at hand: what tests
// of clients and servers serve, change and spoil. Files are named as under {base}/metadata and {base}/targets.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "base/hex.h"
#include "protocol/release/tuf/trusted_metadata.h"

namespace latchkey::test {

namespace tuf = protocol::tuf;

class TufRepository final {
 public:
  using Keys = std::vector<std::string>;  // names; a key is made when its name is first used

  // Root 2 of 3, targets 2 of 2, ch-stable 2 of 2, policy-stable, snapshot, timestamp. `publish()` comes next.
  explicit TufRepository(Instant now) : now_(now) {
    root.expires = now + std::chrono::days(365);
    targets.expires = now + std::chrono::days(90);
    snapshot.expires = now + std::chrono::days(7);
    timestamp.expires = now + std::chrono::days(1);
    set_role("root", {"root-1", "root-2", "root-3 p256"}, 2);
    set_role("targets", {"targets-1", "targets-2"}, 2);
    set_role("snapshot", {"snapshot"}, 1);
    set_role("timestamp", {"timestamp"}, 1);
    delegate("ch-stable", "stable/*", {"ci", "human"}, 2);
    delegate("policy-stable", "policy/stable/*", {"policy"}, 1);
    for (const char* name : {"ch-stable", "policy-stable"}) roles[name].expires = now + std::chrono::days(30);
  }

  tuf::Root root;
  tuf::Targets targets;
  std::map<std::string, tuf::Targets> roles;  // delegated
  tuf::Snapshot snapshot;
  tuf::Timestamp timestamp;
  std::map<std::string, Bytes> metadata;
  std::map<std::string, Bytes> target_files;

  const crypto::SigningKey& key(const std::string& name) {
    if (!keys_.contains(name)) {
      const auto algorithm =
          name.ends_with("p256") ? crypto::SignatureAlgorithm::es256 : crypto::SignatureAlgorithm::ed25519;
      keys_.emplace(name, crypto::SigningKey::generate(algorithm).value());
    }
    return keys_.at(name);
  }
  tuf::TufKey public_key(const std::string& name) { return tuf::TufKey::of(key(name).verifying_key()).value(); }

  void set_role(const std::string& role, const Keys& names, std::size_t threshold) {
    root.roles[role] = keys_of(names, threshold, root.keys);
    signers_[role] = names;
  }
  void delegate(const std::string& role, const std::string& path, const Keys& names, std::size_t threshold) {
    std::erase_if(targets.delegated_roles, [&](const auto& one) { return one.name == role; });
    const auto keys = keys_of(names, threshold, targets.delegated_keys);
    targets.delegated_roles.push_back({.name = role, .keys = keys, .paths = {path}});
    signers_[role] = names;
    roles[role];
  }
  void add_target(const std::string& role, const std::string& path, std::string_view contents) {
    auto& signed_by = role == "targets" ? targets : roles[role];
    const auto file = signed_by.files[path] = tuf::describe_target(as_bytes(contents));
    const std::size_t slash = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
    target_files[path.substr(0, slash) + to_hex(file.sha256) + "." + path.substr(slash)] =
        Bytes(contents.begin(), contents.end());
  }

  Bytes sign(std::string_view content, const Keys& names) {
    auto envelope = tuf::Envelope::of(content).value();
    for (const std::string& name : names) EXPECT_TRUE(envelope.sign(key(name)));
    const std::string file = envelope.print();
    return {file.begin(), file.end()};
  }
  template <class Role>
  Bytes sign_role(const std::string& name, const Role& role) {
    return sign(tuf::print(role), signers_.at(name));
  }

  // Writes the root as it is; with `also` the former keys sign, too.
  void publish_root(const Keys& also = {}) {
    Keys names = signers_.at("root");
    names.insert(names.end(), also.begin(), also.end());
    metadata[std::to_string(root.version) + ".root.json"] = sign(tuf::print(root), names);
  }
  void publish_targets(const std::string& role) {
    const tuf::Targets& content = role == "targets" ? targets : roles.at(role);
    const Bytes file = sign_role(role, content);
    metadata[std::to_string(content.version) + "." + role + ".json"] = file;
    snapshot.roles[role] = tuf::describe(content.version, file);
  }
  void publish_snapshot() {
    const Bytes file = sign_role("snapshot", snapshot);
    metadata[std::to_string(snapshot.version) + ".snapshot.json"] = file;
    timestamp.snapshot = tuf::describe(snapshot.version, file);
  }
  void publish_timestamp() { metadata["timestamp.json"] = sign_role("timestamp", timestamp); }
  void publish() {
    publish_root();
    publish_targets("targets");
    for (const auto& [name, role] : roles) publish_targets(name);
    publish_snapshot();
    publish_timestamp();
  }
  // One version on of a role, of the snapshot and of the timestamp.
  void publish_next(const std::string& role) {
    ++(role == "targets" ? targets : roles.at(role)).version;
    publish_targets(role);
    ++snapshot.version;
    publish_snapshot();
    ++timestamp.version;
    publish_timestamp();
  }

  Instant now() const { return now_; }

 private:
  tuf::RoleKeys keys_of(const Keys& names, std::size_t threshold, tuf::KeyMap& keys) {
    tuf::RoleKeys role{{}, threshold};
    for (const std::string& name : names) {
      const auto one = public_key(name);
      role.key_ids.insert(one.id());
      keys.emplace(one.id(), one);
    }
    return role;
  }

  Instant now_;
  std::map<std::string, crypto::SigningKey> keys_;
  std::map<std::string, Keys> signers_;
};

}  // namespace latchkey::test
