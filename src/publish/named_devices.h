// Devices that get a channel's releases whatever the rollout says: testers, a reporter of a fault. A list of the
// publisher's own, one file for each channel (`.latchkey/devices/<channel>`, a line each: the device's id, a blank, a
// note); it is never served. Each release names them by tags under its own id, which tell nothing to anybody else and
// are others in every release.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/release/rollout_rule.h"

namespace latchkey::publish {

struct NamedDevice {
  protocol::release::DeviceId id;
  std::string note;  // for people; may be empty
  friend bool operator==(const NamedDevice&, const NamedDevice&) = default;
};

// "f0f1...", "f0f1...=Anna's phone": the id as the device shows it (`latchkey update status`). Fails: invalid_argument.
Result<NamedDevice> parse_named_device(std::string_view text);

// Sorted by id, each once. `folder` is the publisher's. Empty when there is no file. Fails: invalid_format (with the
// line), input_too_large, permission_denied, storage_failed.
Result<std::vector<NamedDevice>> read_named_devices(const std::filesystem::path& folder, std::string_view channel);
// Fails: invalid_argument (more than a release can name), permission_denied, storage_full, storage_failed.
Status write_named_devices(const std::filesystem::path& folder, std::string_view channel,
                           std::span<const NamedDevice> devices);

// `devices` with `added`, whose notes count, and without `removed`. Fails: not_found (a removed one is not there).
Result<std::vector<NamedDevice>> change_named_devices(std::vector<NamedDevice> devices,
                                                      std::span<const NamedDevice> added,
                                                      std::span<const NamedDevice> removed);

// How the release `id` names them; sorted, each once. Fails: invalid_argument (more than a release can name).
Result<std::vector<protocol::release::OverrideTag>> name_in_release(const protocol::release::ReleaseId& id,
                                                                    std::span<const NamedDevice> devices);

}  // namespace latchkey::publish
