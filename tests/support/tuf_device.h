// A device that checks a repository in memory by our client's rules, and a fixture around both.
#pragma once

#include <gtest/gtest.h>

#include "protocol/release/tuf/trusted_metadata.h"
#include "tests/support/tuf_repository.h"

namespace latchkey::protocol::tuf {

using test::TufRepository;
using Names = std::vector<std::string>;

inline const Instant start = from_unix_seconds(1'800'000'000);

// A device: fetches from the repository whatever the rules ask for.
class Device {
 public:
  explicit Device(TufRepository& repository, const char* shipped_root = "1.root.json")
      : repository_(repository), kept_{{"root.json", repository.metadata.at(shipped_root)}} {}

  // "ok <target's name>", "unchanged <...>", or the error. `requests` tells what was fetched. A program that goes on
  // running after a check, and one that reads what was kept, find the same.
  std::string check(std::string_view path, Instant now = start) {
    requests.clear();
    auto running = std::exchange(running_, std::nullopt);
    const std::string answer = print(run(path, now));
    if (!running) return answer;
    const Names asked = std::exchange(requests, {});
    running->start_anew_at(now);
    const auto again = walk(*running, path);
    EXPECT_EQ(print(again), answer);
    EXPECT_EQ(requests, asked);
    if (again) running_ = std::move(running);
    return answer;
  }

  std::map<std::string, Bytes> in_between;  // what somebody in between serves instead; empty: 404
  Names requests;

 private:
  static std::string print(const Result<std::string>& done) {
    return done ? *done : std::string(name_of(done.error().code)) + ": " + done.error().detail;
  }

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
    if (answer) running_ = std::move(trusted);
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
  std::optional<TrustedMetadata> running_;  // after a check that went well
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

}  // namespace latchkey::protocol::tuf
