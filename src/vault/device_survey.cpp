#include "vault/device_survey.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "vault/key_stores/kernel_keyring_key_store.h"
#include "vault/pkcs11/token.h"
#include "vault/tpm2/tpm2_connection.h"

namespace latchkey::vault {
namespace {

std::string sentence_about(const Error& error) {
  return error.detail.empty() ? std::string(sentence_of(error.code)) : error.detail;
}

std::string group_of(const std::string& device) {
  constexpr std::size_t group_entry_size = 16 * 1024;  // of a group with a thousand members
  struct stat found{};
  if (::stat(device.c_str(), &found) != 0) return "tss";
  group entry{};
  group* known = nullptr;
  std::vector<char> text(group_entry_size);
  const int failed = ::getgrgid_r(found.st_gid, &entry, text.data(), text.size(), &known);
  return failed == 0 && known != nullptr ? known->gr_name : std::to_string(found.st_gid);
}

// Empty when the device may be used, or is not a device.
std::string missing_right(const std::string& tcti) {
  constexpr std::string_view prefix = "device:";
  if (!tcti.starts_with(prefix)) return {};
  const std::string device = tcti.substr(prefix.size());
  if (::access(device.c_str(), R_OK | W_OK) == 0) return {};
  const std::string group = group_of(device);
  return "there is a TPM, but this user may not use it: join the group " + group + " (sudo usermod -aG " + group +
         " \"$USER\") and sign in to the system anew";
}

DeviceOffer survey_tpm(const std::string& tcti) {
  DeviceOffer offer{"tpm2", false, {}, {}};
  if (!tpm2::is_present(tcti)) {
    offer.sentence = "no TPM here; where the machine has one, switch it on in the firmware's settings";
    return offer;
  }
  offer.sentence = missing_right(tcti);
  if (!offer.sentence.empty()) return offer;
  const Status answered = tpm2::with_tpm(tcti, {}, [](tpm2::Connection& connection) -> Status {
    TRY([[maybe_unused]] const auto storage_key, tpm2::create_storage_key(connection));
    return {};
  });
  offer.is_usable = answered.has_value();
  offer.sentence = answered ? "a TPM 2.0 that answers; tpm2 slots can be made" : sentence_about(answered.error());
  if (answered) offer.level = name_of(SecurityLevel::separate_hardware);
  return offer;
}

Result<std::string> name_tokens(const std::filesystem::path& path) {
  TRY(auto module, pkcs11::Module::load(path));
  TRY_DO(module.initialise());
  TRY(const auto labels, pkcs11::list_tokens(module));
  std::string names;
  for (const std::string& label : labels) names.append(names.empty() ? "" : ", ").append(label);
  return names;
}

DeviceOffer survey_pkcs11(const std::filesystem::path& path) {
  DeviceOffer offer{"pkcs11", false, {}, {}};
  if (path.empty()) {
    offer.sentence = "no module was named; install the token maker's or opensc-pkcs11, and look with --module PATH";
    return offer;
  }
  const auto names = name_tokens(path);
  if (!names)
    offer.sentence = sentence_about(names.error());
  else if (names->empty())
    offer.sentence = "the module sees no token with a label; plug it in, or set it up with its maker's tool";
  else
    offer = {"pkcs11", true, name_of(SecurityLevel::separate_hardware), "tokens: " + *names};
  return offer;
}

// By keeping a key there for a moment.
DeviceOffer survey_kernel_keyring() {
  const auto store = make_kernel_keyring_key_store({.timeout = std::chrono::seconds(5)});
  const SlotBinding nowhere{};
  const auto wrapped = store->wrap(SlotKey::zeroed(slot_key_size), nowhere, {});
  if (!wrapped) {
    const bool is_full = wrapped.error().code == Code::storage_full;
    return {"kernel-keyring",
            false,
            {},
            is_full ? "the user's quota of kernel keys is used up (see /proc/key-users)"
                    : "the kernel has no keyrings, or a sandbox forbids them; allow add_key and keyctl there"};
  }
  static_cast<void>(store->forget(*wrapped));
  return {"kernel-keyring", true, name_of(store->level()), "keys can be kept for this login session"};
}

std::string to_enrol(PresenceMethod method) {
  return method == PresenceMethod::fingerprint ? "; enrol a finger with fprintd-enroll, or in the desktop's settings"
                                               : "";
}

DeviceOffer survey_presence(UserPresence& presence) {
  const PresenceStatus status = presence.status();
  DeviceOffer offer{status.method == PresenceMethod::fingerprint ? "fprintd" : "pam", false, {}, {}};
  offer.is_usable = status.is_available && status.is_enrolled && !status.problem;
  if (offer.is_usable) {
    offer.level = name_of(status.strength);
    offer.sentence = status.method == PresenceMethod::fingerprint
                         ? "a fingerprint reader with a finger enrolled"
                         : "the user's password on this device can be asked for";
    return offer;
  }
  offer.sentence = status.problem ? sentence_about(*status.problem) : "it cannot be used now";
  if (status.is_available && !status.is_enrolled) offer.sentence += to_enrol(status.method);
  return offer;
}

}  // namespace

std::vector<DeviceOffer> survey_device(const DeviceSurveyOptions& options,
                                       std::span<const std::unique_ptr<UserPresence>> presences) {
  std::vector<DeviceOffer> offers{survey_tpm(options.tcti), survey_pkcs11(options.pkcs11_module),
                                  survey_kernel_keyring()};
  for (const auto& presence : presences) offers.push_back(survey_presence(*presence));
  return offers;
}

}  // namespace latchkey::vault
