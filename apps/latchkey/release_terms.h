// The flags that say who may have a release, and what they mean.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "protocol/release/channels.h"
#include "protocol/release/rollout_terms.h"
#include "protocol/release/tree.h"
#include "publish/named_devices.h"

namespace latchkey::app {

namespace release = protocol::release;

// Which devices it runs on.
struct NativeFlags {
  std::vector<std::string> platforms;  // none: those of the channel
  std::string native_min = "0.0.0", native_max;
  std::vector<std::string> fingerprints;
};
// Which of them get it, and when.
struct RolloutFlags {
  unsigned max_bps = release::everybody;
  std::vector<std::string> stages;
  std::vector<std::string> targeting;
  std::vector<std::string> devices;  // by id, besides those of the channel
  bool without_devices = false;      // not even these
};

void add_native_flags(CLI::App& command, NativeFlags& flags);
void add_rollout_flags(CLI::App& command, RolloutFlags& flags);

// Fails, both: invalid_argument, with the flag as detail, and as publish::read_named_devices. The devices of the
// channel come from the publisher's `folder`.
Result<release::Rollout> read_rollout(const RolloutFlags& flags, const release::ReleaseId& id,
                                      const release::Channel& channel, const std::string& folder);
// Under a new id.
Result<release::RolloutTerms> read_terms(const NativeFlags& native, const RolloutFlags& rollout,
                                         const release::Channel& channel, const std::string& folder);

// Of several flags. Fails: invalid_argument.
Result<std::vector<publish::NamedDevice>> parse_devices(const std::vector<std::string>& texts);

// Trees or fingerprints, as 64 hexadecimal digits. Fails: invalid_argument.
Result<std::vector<release::TreeRoot>> parse_roots(const std::vector<std::string>& texts, const char* flag);

}  // namespace latchkey::app
