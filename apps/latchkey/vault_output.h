// How `latchkey vault` prints what a vault says, for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "vault/vault.h"

namespace latchkey::app {

std::string describe(const vault::VaultStatus& status);
std::string to_json(const vault::VaultStatus& status);

std::string describe(const std::vector<vault::SlotStatus>& slots);
std::string to_json(const std::vector<vault::SlotStatus>& slots);

std::string describe(const std::vector<vault::RecordInfo>& records);
std::string to_json(const std::vector<vault::RecordInfo>& records);

std::string_view name_of(vault::RecordKind kind);
Result<vault::RecordKind> parse_record_kind(std::string_view name);

}  // namespace latchkey::app
