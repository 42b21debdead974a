// `latchkey vault export` and `latchkey vault import`: records out of a vault and in, as files other programs can read
// or wrote.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "apps/latchkey/console.h"
#include "vault/vault.h"

namespace latchkey::app {

// Gives an unlocked vault, asking for what that takes.
using OpenVault = std::function<Result<std::unique_ptr<vault::Vault>>()>;

// `console` outlives `group`.
void add_vault_exchange(CLI::App& group, Console& console, OpenVault open);

}  // namespace latchkey::app
