// How `latchkey vault` prints what a vault says, for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "vault/vault.h"

namespace latchkey::app {

std::string describe(const vault::VaultStatus& status);
// `capabilities`: of this device, printed already; may be left out.
std::string to_json(const vault::VaultStatus& status, std::string_view capabilities = {});

std::string describe(const vault::CheckpointStatus& checkpoint);
std::string to_json(const vault::CheckpointStatus& checkpoint);
std::string describe(const std::vector<vault::SlotStatus>& slots);
std::string to_json(const std::vector<vault::SlotStatus>& slots);

std::string describe(const std::vector<vault::RecordInfo>& records);
// `may_go_on`: the page is full; "next" is what to ask for the next one with.
std::string to_json(const std::vector<vault::RecordInfo>& records, bool may_go_on = false);

// The label of a shared slot tells when its key ends: "until 2026-11-21T03:00:00Z". Later is greater.
inline constexpr std::string_view shared_label_prefix = "until ";
std::string shared_label(Instant end);
// That label, of the slot through which this login session shares the vault; empty when it does not.
std::string shared_until(const std::vector<vault::SlotStatus>& slots);

std::string_view name_of(vault::RecordKind kind);
Result<vault::RecordKind> parse_record_kind(std::string_view name);        // Fails: invalid_argument
Result<vault::SecurityLevel> parse_security_level(std::string_view name);  // Fails: invalid_argument

}  // namespace latchkey::app
