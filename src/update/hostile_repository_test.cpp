// The engine against every repository of the TUF laboratory: whoever attacks, what runs goes on and the error says why;
// when the good repository is back, updates go on.
#include <gtest/gtest.h>

#include "http/server/loopback_client.h"
#include "tests/support/update/test_device.h"
#include "tests/tuf/lab.h"

namespace latchkey::update {
namespace {

using testing::AppRepository;
using testing::TestDevice;

constexpr Instant now_of_stories{std::chrono::seconds(1'800'000'000)};

// "release 1" is version 1, and so on; its objects lie on `host`.
lab::Contents contents_on(AppRepository& host) {
  lab::Contents contents;
  auto made = std::make_shared<std::map<std::string, std::string>>();
  contents.channels = print_channels(host.channels);
  for (int version = 1; version < 4; ++version) {
    const auto release = host.describe(version, {});
    host.policy.releases.push_back({.id = release.terms.id, .bps = 10'000});
    (*made)["release " + std::to_string(version)] = print_release(release).value();
  }
  contents.policy = print_policy(host.policy);
  contents.release = [made](const std::string& name) { return made->at(name); };
  return contents;
}

std::optional<http::Response> answer_next_root(const std::string& server, const std::string& path,
                                               const http::Response& good) {
  if (!path.ends_with(".root.json") || good.status == 200 || server == "plain") return std::nullopt;
  if (server == "spa") return http::text_response(200, "text/html", WipedString("<!doctype html>"));
  return http::empty_response(server == "failing" ? 500 : 403);
}

class Stories : public ::testing::TestWithParam<std::string> {};

std::vector<std::string> names_of_stories() {
  std::vector<std::string> names;
  for (const auto& story : lab::tell_stories(now_of_stories, {})) names.push_back(story.name);
  return names;
}
INSTANTIATE_TEST_SUITE_P(Of, Stories, ::testing::ValuesIn(names_of_stories()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

// What our rules say where the laboratory's plain client, which looks a single target up, says something else.
bool is_expected(const std::string& expected, const CheckOutcome& outcome) {
  if (expected == "not_found") return outcome.kind == CheckKind::no_release;  // signed by nobody who may
  if (outcome.kind != CheckKind::no_answer || !outcome.error) return false;
  const std::string found(name_of(outcome.error->code));
  return found == expected || (expected == "authentication_failed" && found == "metadata_mismatch");
}

// A target that is kept is not fetched again.
void forget_targets(Vfs& vfs) {
  const auto names = *vfs.list("meta");
  for (const std::string& name : names)
    if (name.starts_with("target-")) ASSERT_TRUE(vfs.remove("meta/" + name));
}

TEST_P(Stories, leave_a_device_with_what_it_has_or_with_what_was_signed) {
  AppRepository host(now_of_stories);
  const auto stories = lab::tell_stories(now_of_stories, contents_on(host));
  const auto& story = *std::ranges::find(stories, GetParam(), &lab::Story::name);
  http::LoopbackClient client(host.router);
  TestDevice device(host, client);
  device.config.root = story.steps.front().metadata.at("1.root.json");
  device.start();
  int has = 0;
  for (const lab::Served& step : story.steps) {
    SCOPED_TRACE(step.expected);
    host.metadata = step.metadata;
    host.targets = step.targets;
    host.interfere(
        [&](const std::string& path, const http::Response& good) { return answer_next_root(step.server, path, good); });
    if (!step.is_accepted && story.name.ends_with("-target")) forget_targets(device.vfs());
    const CheckKind kind = device.check();
    if (step.is_accepted) {
      ASSERT_TRUE(kind == CheckKind::available || kind == CheckKind::up_to_date)
          << name_of(kind) << (device.last.error ? to_string(*device.last.error) : "");
      if (kind == CheckKind::available) {
        ASSERT_TRUE(device.engine().download());
        device.start();
        ASSERT_TRUE(device.say_ready());
      }
      has = step.expected.back() - '0';
    } else {
      EXPECT_TRUE(is_expected(step.expected, device.last))
          << name_of(kind) << " " << (device.last.error ? to_string(*device.last.error) : "");
      EXPECT_EQ(device.engine().download().error().code, Code::not_found);
    }
    EXPECT_EQ(device.runs(), has);
    device.start();
    EXPECT_EQ(device.runs(), has);
    device.live(std::chrono::seconds(31));
  }
}

}  // namespace
}  // namespace latchkey::update
