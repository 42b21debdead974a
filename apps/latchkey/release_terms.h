// The flags that say who may have a release, and what they mean.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "protocol/release/channels.h"
#include "protocol/release/rollout_terms.h"
#include "protocol/release/tree.h"

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
};

void add_native_flags(CLI::App& command, NativeFlags& flags);
void add_rollout_flags(CLI::App& command, RolloutFlags& flags);

// Fails, both: invalid_argument, with the flag as detail.
Result<release::Rollout> read_rollout(const RolloutFlags& flags);
// Under a new id.
Result<release::RolloutTerms> read_terms(const NativeFlags& native, const RolloutFlags& rollout,
                                         const release::Channel& channel);

// Trees or fingerprints, as 64 hexadecimal digits. Fails: invalid_argument.
Result<std::vector<release::TreeRoot>> parse_roots(const std::vector<std::string>& texts, const char* flag);

}  // namespace latchkey::app
