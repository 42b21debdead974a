// What devices reported, counted: each device once per release, never twice for one report.
#pragma once

#include "http/address.h"
#include "protocol/release/device_report.h"
#include "release/catalog/releases.h"
#include "sql/transaction.h"

namespace latchkey::release {

enum class Counted : std::uint8_t {
  yes,
  replayed,         // this device's count, or a later one, was seen already; nothing was counted
  unknown_release,  // the device was remembered, there is no release to count it for
};

struct Recorded {
  Counted counted = Counted::yes;
  std::uint64_t highest = 0;      // of the device's counts; when replayed
  Evidence evidence = {};         // about the release, with this report
  bool may_pause_itself = false;  // not if it is paused already or halted, or a person said that it is not to
  bool is_new_failure = false;    // there is more evidence: the only time the pause rule has to be asked
};

// Counts a verified report that came from `network`. A device that was good once and fails later counts as failed from
// then on, which only adds evidence; one that failed stays failed. Of a network's failures so many are evidence as
// failures_of_network() says; the others are shown.
Result<Recorded> record_report(sql::Transaction& tx, const protocol::release::DeviceReport& report,
                               const http::Address& network, Instant now);

// Evidence about the release starts anew: no failure so far is any, and the devices that worked so far stay those it is
// held against. What each device said stays known, and is not counted again; nor is more of a network that has said all
// that counts of one. A test that starts with devices that
// worked starts at or below 1, so that PauseRule::false_alarm bounds it too.
Status forget_evidence(sql::Transaction& tx, std::string_view app, std::string_view channel, const ReleaseId& release);

// Whether the device has been heard of.
Result<bool> is_known_device(sql::Transaction& tx, std::string_view app, const ByteArray<32>& device);

// The trees most devices of a channel run, the most common first: bases worth a patch.
struct Base {
  protocol::release::TreeRoot root{};
  std::uint64_t devices = 0;
};
Result<std::vector<Base>> list_bases(sql::Transaction& tx, std::string_view app, std::string_view channel,
                                     Instant seen_since, int limit);

// Devices not heard of since `before`, with what was counted of them.
Status drop_old_devices(sql::Transaction& tx, Instant before);
// Networks that no failure came from since `before`, with their failures: one that is forgotten and fails again is not
// two.
Status drop_old_networks(sql::Transaction& tx, Instant before);

}  // namespace latchkey::release
