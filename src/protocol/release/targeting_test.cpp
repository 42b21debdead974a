#include "protocol/release/targeting.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::release {
namespace {

DeviceFacts phone() {
  DeviceFacts device;
  device.platform = "android";
  device.os = "14.1";
  device.native = {1, 10, 0};
  device.locale = "de-AT";
  device.labels = {"staff", "berlin"};
  return device;
}

struct Row {
  std::string field, op;
  std::vector<std::string> values;
  bool met;
};

TEST(Targeting, table) {
  const Row rows[] = {
      {"platform", "in", {"ios", "android"}, true},
      {"platform", "in", {"ios"}, false},
      {"platform", "min", {"android"}, false},
      {"os", "in", {"14.1"}, true},
      {"os", "in", {"14.1.0"}, false},
      {"os", "prefix", {"14"}, true},
      {"os", "prefix", {"14.1"}, true},
      {"os", "prefix", {"1"}, false},
      {"os", "min", {"14"}, true},
      {"os", "min", {"14.2"}, false},
      {"os", "max", {"14.1"}, true},
      {"os", "max", {"9.9"}, false},
      {"os", "max", {"fourteen"}, false},
      {"os", "min", {"1", "2"}, false},
      {"native_version", "min", {"1.9"}, true},
      {"native_version", "max", {"1.9"}, false},
      {"native_version", "in", {"1.10"}, true},
      {"native_version", "in", {"1.1"}, false},
      {"native_version", "prefix", {"1.10"}, true},
      {"native_version", "prefix", {"1.1"}, false},
      {"locale", "in", {"de"}, false},
      {"locale", "in", {"fr", "de-AT"}, true},
      {"locale", "prefix", {"de"}, true},
      {"locale", "prefix", {"d"}, false},
      {"label", "in", {"berlin"}, true},
      {"label", "in", {"paris"}, false},
      {"label", "prefix", {"sta"}, true},
      {"battery", "min", {"1"}, false},
      {"os", "above", {"1"}, false},
  };
  for (const auto& row : rows) {
    const std::vector<Predicate> targeting{{row.field, row.op, row.values}};
    EXPECT_EQ(meets(phone(), targeting), row.met) << row.field << " " << row.op << " " << row.values[0];
  }
}

TEST(Targeting, all_predicates_must_be_met) {
  const Predicate yes{"platform", "in", {"android"}};
  const Predicate no{"platform", "in", {"ios"}};
  EXPECT_TRUE(meets(phone(), {}));
  EXPECT_TRUE(meets(phone(), std::vector{yes, yes}));
  EXPECT_FALSE(meets(phone(), std::vector{yes, no}));
  EXPECT_FALSE(meets(phone(), std::vector{no, yes}));
}

TEST(Targeting, a_device_that_does_not_know_a_fact_does_not_meet_conditions_on_it) {
  const DeviceFacts silent;
  for (const auto* const field : {"platform", "os", "locale", "label"})
    for (const auto* const op : {"in", "prefix", "min", "max"})
      EXPECT_FALSE(meets(silent, std::vector<Predicate>{{field, op, {"1"}}})) << field << op;
}

}  // namespace
}  // namespace latchkey::protocol::release
