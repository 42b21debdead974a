// What this device has that can open vaults or recognise its user, for `latchkey doctor`: found out by using it, asking
// nobody and keeping nothing.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vault/key_store.h"
#include "vault/tpm2/tpm2_location.h"
#include "vault/user_presence.h"

namespace latchkey::vault {

struct DeviceOffer {
  std::string_view name;   // "tpm2", "pkcs11", "kernel-keyring", "fprintd", "pam"
  bool is_usable = false;  // by this user, now
  std::string_view level;  // of a usable one: a name_of(SecurityLevel) or name_of(PresenceStrength)
  std::string sentence;    // what is there; what to install, plug in or join when it is not usable
};

struct DeviceSurveyOptions {
  std::string tcti = tpm2::default_tcti;
  std::filesystem::path pkcs11_module;  // its code is run to see its tokens; empty: none is looked into
};

// One offer for each of the above, in that order. `presences`: as make_presences() gives them. Up to ten seconds.
std::vector<DeviceOffer> survey_device(const DeviceSurveyOptions& options,
                                       std::span<const std::unique_ptr<UserPresence>> presences);

}  // namespace latchkey::vault
