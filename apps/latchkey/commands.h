// One function per command, each in the file of its name. It adds its subcommand to `app` and, when that is called,
// runs it and reports through `console`. main.cpp calls them all; nothing registers itself.
#pragma once

#include <CLI/CLI.hpp>

#include "apps/latchkey/console.h"

namespace latchkey::app {

void add_login(CLI::App& app, Console& console);
void add_logout(CLI::App& app, Console& console);
void add_status(CLI::App& app, Console& console);
void add_token(CLI::App& app, Console& console);
void add_vault(CLI::App& app, Console& console);
void add_bundle(CLI::App& app, Console& console);
void add_keys(CLI::App& app, Console& console);
void add_version(CLI::App& app, Console& console);
void add_serve(CLI::App& app, Console& console);
void add_user(CLI::App& app, Console& console);
void add_app(CLI::App& app, Console& console);
void add_channel(CLI::App& app, Console& console);
void add_update(CLI::App& app, Console& console);
void add_tour(CLI::App& app, Console& console);
void add_client(CLI::App& app, Console& console);
void add_doctor(CLI::App& app, Console& console);

}  // namespace latchkey::app
