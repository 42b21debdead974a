// The groups of `latchkey channel` commands, each in the file of its name. channel.cpp calls them all.
#pragma once

#include <CLI/CLI.hpp>

#include "apps/latchkey/console.h"

namespace latchkey::app {

void add_channel_edit(CLI::App& group, Console& console);     // create, set
void add_channel_release(CLI::App& group, Console& console);  // promote, rollback

}  // namespace latchkey::app
