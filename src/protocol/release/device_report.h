// What a device tells the server about a release, signed with a key of the device's own. Format: docs/formats/
// rollout-v1.md. The signature says that the same device speaks; what it says, and that there is a device, nobody
// attests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/signature.h"
#include "protocol/release/names.h"

namespace latchkey::protocol::release {

enum class ReportEvent : std::uint8_t {
  activated,    // the release was started for the first time
  ready,        // it said that it works
  rolled_back,  // it did not, and the one before runs again
  failed,       // it could not be installed, or its files were lost: the disk's fault
};
std::string_view name_of(ReportEvent event);
Result<ReportEvent> parse_report_event(std::string_view name);  // Fails: invalid_format

struct DeviceReport {
  std::string app;
  std::string channel;
  ReleaseId release;
  ByteArray<32> root{};  // of the tree that runs now
  ReportEvent event = ReportEvent::activated;
  std::string reason;          // a word: crash, not_ready, verify, apply ...; empty for none
  std::uint64_t count = 1;     // rises with every report of this device, from 1, below 2^53
  Instant at{};                // by the device's clock, whole seconds
  ByteArray<32> device_key{};  // Ed25519, made for this app's reports
  friend bool operator==(const DeviceReport&, const DeviceReport&) = default;
};

// Fails: invalid_argument.
Status check_device_report(const DeviceReport& report);
// The statement alone. Unknown members are refused. Fails: invalid_format, input_too_large.
Result<DeviceReport> parse_device_report(std::string_view json);
std::string print_device_report(const DeviceReport& report);

// The body of POST /updates/{app}/reports: {"report":"<base64url>","signature":"<base64url>"}; the signature is of
// "latchkey report v1\n" and the report's bytes. `report.device_key` becomes the key's. Fails: invalid_argument (also a
// key that is not Ed25519), crypto_failed.
Result<std::string> sign_device_report(DeviceReport report, const crypto::SigningKey& key);
// The statement in such a body, its signature checked with the key it names. Fails: invalid_format, input_too_large,
// signature_invalid.
Result<DeviceReport> open_device_report(std::string_view body);

// What the server answers to a report whose number is not above the highest it saw of the device: {"count":n} with that
// one, so that a device that lost its state can go on. Fails: invalid_format, input_too_large.
std::string print_report_answer(std::uint64_t highest);
Result<std::uint64_t> parse_report_answer(std::string_view json);

}  // namespace latchkey::protocol::release
