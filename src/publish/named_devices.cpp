#include "publish/named_devices.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "base/hex.h"
#include "protocol/limits.h"

namespace latchkey::publish {
namespace {

namespace limits = protocol::limits;
using protocol::release::DeviceId;
using protocol::release::OverrideTag;

constexpr std::size_t id_digits = 2 * sizeof(ByteArray<16>);

Result<NamedDevice> parse_device(std::string_view text, char separator) {
  const auto id = parse_hex_array<16>(text.substr(0, id_digits));
  if (!id) return fail(Code::invalid_argument, "a device's id has 32 hexadecimal digits; the device shows it");
  NamedDevice device{DeviceId(*id), {}};
  if (text.size() == id_digits) return device;
  if (text[id_digits] != separator) return fail(Code::invalid_argument, "after a device's id comes nothing but a note");
  device.note = text.substr(id_digits + 1);
  if (!protocol::release::check_line(device.note, limits::device_note_bytes))
    return fail(Code::invalid_argument, "a note is a line of at most 64 bytes");
  return device;
}

std::filesystem::path file_of(const std::filesystem::path& folder, std::string_view channel) {
  return folder / ".latchkey" / "devices" / channel;
}

bool is_before(const NamedDevice& a, const NamedDevice& b) { return a.id.value() < b.id.value(); }

// The later one of two entries counts.
void put(std::vector<NamedDevice>& devices, NamedDevice device) {
  const auto at = std::ranges::lower_bound(devices, device, is_before);
  if (at != devices.end() && at->id == device.id)
    *at = std::move(device);
  else
    devices.insert(at, std::move(device));
}

Status check_number(std::size_t count) {
  if (count <= limits::rollout_overrides) return {};
  return fail(Code::invalid_argument,
              "a release names at most " + std::to_string(limits::rollout_overrides) + " devices");
}

}  // namespace

Result<NamedDevice> parse_named_device(std::string_view text) { return parse_device(text, '='); }

Result<std::vector<NamedDevice>> read_named_devices(const std::filesystem::path& folder, std::string_view channel) {
  const auto bytes = read_file(file_of(folder, channel), limits::named_devices_bytes);
  std::vector<NamedDevice> devices;
  if (!bytes && bytes.error().code == Code::not_found) return devices;
  if (!bytes) return fail(bytes.error().code, "the channel's list of devices");
  std::string_view rest = as_text(*bytes);
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const auto device = parse_device(rest.substr(0, end), ' ');
    if (!device)
      return fail(Code::invalid_format,
                  "line " + std::to_string(line) + " of the channel's list of devices: " + device.error().detail);
    put(devices, *device);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  TRY_DO(check_number(devices.size()));
  return devices;
}

Status write_named_devices(const std::filesystem::path& folder, std::string_view channel,
                           std::span<const NamedDevice> devices) {
  TRY_DO(check_number(devices.size()));
  std::string text;
  for (const auto& device : devices)
    text += to_hex(device.id.value()) + (device.note.empty() ? "" : " " + device.note) + "\n";
  const auto file = file_of(folder, channel);
  TRY_DO(create_private_folder(file.parent_path()));
  return write_file_atomically(file, as_bytes(text));
}

Result<std::vector<NamedDevice>> change_named_devices(std::vector<NamedDevice> devices,
                                                      std::span<const NamedDevice> added,
                                                      std::span<const NamedDevice> removed) {
  for (const auto& device : removed)
    if (std::erase_if(devices, [&](const auto& one) { return one.id == device.id; }) == 0)
      return fail(Code::not_found, "the channel's list has no device " + to_hex(device.id.value()));
  for (const auto& device : added) put(devices, device);
  TRY_DO(check_number(devices.size()));
  return devices;
}

Result<std::vector<OverrideTag>> name_in_release(const protocol::release::ReleaseId& id,
                                                 std::span<const NamedDevice> devices) {
  std::vector<OverrideTag> tags;
  for (const auto& device : devices) tags.push_back(protocol::release::override_tag(id, device.id));
  std::ranges::sort(tags);
  const auto twice = std::ranges::unique(tags);
  tags.erase(twice.begin(), twice.end());
  TRY_DO(check_number(tags.size()));
  return tags;
}

}  // namespace latchkey::publish
