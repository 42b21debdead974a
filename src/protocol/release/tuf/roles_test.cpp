#include "protocol/release/tuf/roles.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"
#include "tests/support/tuf_repository.h"

namespace latchkey::protocol::tuf {
namespace {

const Instant roles_start = from_unix_seconds(1'800'000'000);

class Roles : public ::testing::Test {
 protected:
  Roles() : repository(roles_start) {
    repository.add_target("targets", "channels.json", "channels");
    repository.publish();
  }
  static json::Value read(std::string_view text) { return *json::parse(text, {text.size(), 12, 10'000}); }
  // How parsing answers when `from` stands as `to`.
  template <class Parse>
  static std::string with(std::string text, std::string_view from, std::string_view to, Parse parse) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) return "no such text";
    text.replace(at, from.size(), to);
    const auto parsed = parse(read(text));
    return parsed ? "ok" : std::string(name_of(parsed.error().code));
  }

  test::TufRepository repository;
};

TEST_F(Roles, what_is_printed_is_read_and_canonical) {
  const auto check = [](const auto& role, auto parse) {
    const std::string text = print(role);
    EXPECT_EQ(print(*parse(read(text))), text);
    EXPECT_EQ(Envelope::of(text)->canonical(), text);
  };
  repository.root.keys.clear();
  repository.set_role("root", {"a", "b"}, 2);  // no PEM, whose line feeds JSON escapes and canonical JSON does not
  repository.set_role("targets", {"c"}, 1);
  repository.set_role("snapshot", {"d"}, 1);
  repository.set_role("timestamp", {"d"}, 1);
  check(repository.root, parse_root);
  check(repository.targets, parse_targets);
  check(repository.roles["ch-stable"], parse_targets);
  check(repository.snapshot, parse_snapshot);
  check(repository.timestamp, parse_timestamp);
}

TEST_F(Roles, another_major_version_of_tuf_is_the_future) {
  const std::string text = print(repository.timestamp);
  for (const auto& [version, answer] : {std::pair{"1.0", "ok"},
                                        {"1.0.34", "ok"},
                                        {"1.5.0", "ok"},
                                        {"2.0.0", "future_version"},
                                        {"1", "invalid_format"},
                                        {"", "invalid_format"},
                                        {"1.", "invalid_format"},
                                        {"1.0.0.0", "invalid_format"},
                                        {"1.x", "invalid_format"}})
    EXPECT_EQ(with(text, "1.0.34", version, parse_timestamp), answer) << version;
}

TEST_F(Roles, unknown_members_are_passed_over) {
  EXPECT_EQ(with(print(repository.timestamp), "{\"_type\"", R"({"x-more":[1],"_type")", parse_timestamp), "ok");
}

TEST_F(Roles, versions_and_times_have_one_form) {
  const std::string text = print(repository.timestamp);
  for (const auto* const version : {"0", "-1", "1.0", "\"1\"", "9007199254740992"})
    EXPECT_EQ(with(text, "\"version\":1", "\"version\":" + std::string(version), parse_timestamp), "invalid_format");
  EXPECT_EQ(with(text, "Z\"", ".000Z\"", parse_timestamp), "invalid_format");
  EXPECT_EQ(with(text, "\"timestamp\"", "\"Timestamp\"", parse_timestamp), "invalid_format");
}

TEST_F(Roles, a_root_outside_of_the_profile_is_refused) {
  const std::string text = print(repository.root);
  EXPECT_EQ(with(text, "snapshot\":true", "snapshot\":false", parse_root), "invalid_format");
  EXPECT_EQ(with(text, "\"timestamp\":{", "\"timestamp2\":{", parse_root), "invalid_format");
  EXPECT_EQ(with(text, "\"threshold\":2", "\"threshold\":4", parse_root), "invalid_format");
  EXPECT_EQ(with(text, "\"threshold\":2", "\"threshold\":0", parse_root), "invalid_format");
  const std::string id = repository.root.role(snapshot_role).key_ids.begin()->value();
  EXPECT_EQ(with(text, "\"keyids\":[\"" + id, "\"keyids\":[\"" + id + "\",\"" + id, parse_root), "invalid_format");
  EXPECT_EQ(with(text, "\"keyids\":[\"" + id, "\"keyids\":[\"" + std::string(64, '0'), parse_root), "invalid_format");
}

TEST_F(Roles, a_delegation_outside_of_the_profile_is_refused) {
  const std::string text = print(repository.targets);
  EXPECT_EQ(with(text, "stable/*", "stable/**", parse_targets), "invalid_format");
  EXPECT_EQ(with(text, "\"paths\":[\"stable/*\"]", "\"paths\":[]", parse_targets), "invalid_format");
  EXPECT_EQ(with(text, "\"paths\":[\"stable/*\"]", "\"path_hash_prefixes\":[\"00\"]", parse_targets), "invalid_format");
  EXPECT_EQ(with(text, "\"ch-stable\"", "\"targets\"", parse_targets), "invalid_format");
  EXPECT_EQ(with(text, "\"ch-stable\"", "\"policy-stable\"", parse_targets), "invalid_format");
  EXPECT_EQ(with(text, "\"ch-stable\"", "\"../stable\"", parse_targets), "invalid_format");
  EXPECT_EQ(with(text, "channels.json", "../channels.json", parse_targets), "invalid_format");
  EXPECT_EQ(with(text, "\"sha256\"", "\"sha512\"", parse_targets), "invalid_format");
  EXPECT_EQ(with(text, "\"length\":8", "\"length\":-8", parse_targets), "invalid_format");
}

TEST_F(Roles, a_snapshot_names_the_targets_and_only_roles) {
  const std::string text = print(repository.snapshot);
  EXPECT_EQ(with(text, "targets.json", "target.json", parse_snapshot), "invalid_format");
  EXPECT_EQ(with(text, "ch-stable.json", "../x.json", parse_snapshot), "invalid_format");
  EXPECT_EQ(with(text, "ch-stable.json", "ch-stable.jso", parse_snapshot), "invalid_format");
}

TEST_F(Roles, their_number_is_bounded) {
  for (std::size_t i = 0; i < limits::tuf_roles; ++i) repository.snapshot.roles["ch-" + std::to_string(i)] = {};
  EXPECT_EQ(parse_snapshot(read(print(repository.snapshot))).error().code, Code::input_too_large);
  for (std::size_t i = 0; i < limits::tuf_target_files; ++i) repository.targets.files["f" + std::to_string(i)] = {};
  EXPECT_EQ(parse_targets(read(print(repository.targets))).error().code, Code::input_too_large);
}

}  // namespace
}  // namespace latchkey::protocol::tuf
