// A device and its publisher, for the tests of when the engine may switch and when it must not.
#pragma once

#include <fmt/chrono.h>
#include <gtest/gtest.h>

#include "http/server/loopback_client.h"
#include "tests/support/update/test_device.h"
#include "update/engine.h"

namespace latchkey::update::testing {

class Rules : public ::testing::Test {
 protected:
  AppRepository repository{from_unix_seconds(1'800'000'000)};
  http::LoopbackClient client{repository.router};
  TestDevice device{repository, client};

  void have(int version) {
    repository.publish(version);
    device.start();
    device.update();
    ASSERT_EQ(device.runs(), version);
    (void)device.engine().take_happenings();
  }
  // The next release, downloaded in this mode; its sequence.
  std::uint64_t get(int version, ApplyMode mode, const std::vector<DelayCondition>& conditions = {},
                    const Publication& how = {}) {
    device.config.mode = mode;
    device.start();
    const std::uint64_t sequence = repository.publish(version, how);
    EXPECT_EQ(device.check(), CheckKind::available);
    const auto report = device.engine().download(conditions);
    EXPECT_TRUE(report) << to_string(report.error());
    return sequence;
  }
  void hide() { device.engine().went_to_background(device.time); }
  void look(std::chrono::seconds after) { device.engine().came_to_foreground(device.time += after); }

  using Story = std::vector<std::string>;
  Story story() {
    Story told;
    for (const Happening& one : device.engine().take_happenings())
      told.push_back(std::string(name_of(one.kind)) + " " + one.bundle.name +
                     (one.reason ? " " + std::string(name_of(*one.reason)) : "") + (one.must_reload ? " reload" : ""));
    return told;
  }
};

}  // namespace latchkey::update::testing
