// Repositories to check clients with, and our client's rules behind a real HTTP client.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace latchkey::lab {

// What the targets of the repositories say. By default no more than their names: TUF clients do not look into them.
struct Contents {
  std::function<std::string(const std::string& name)> release = [](const std::string& name) { return name; };
  std::string channels = "channels";
  std::string policy = "policy";
};

// What is served at one step of a story, and what becomes of a device.
struct Served {
  std::string expected;  // the release's name, or the name of our error
  bool is_accepted = true;
  std::string server;                  // "plain", "spa", "failing", "forbidding": what is answered for the next root
  bool do_stock_clients_agree = true;  // tuf-js and python-tuf
  std::map<std::string, Bytes> metadata, targets;
};
struct Story {
  std::string name;
  std::vector<Served> steps;
};
// Every story begins with a good repository; then keys change, or somebody attacks; at the end the good one is back.
std::vector<Story> tell_stories(Instant now, const Contents& contents);

// Writes every repository below `folder`, and scenarios.json which tells what becomes of a device at each step.
Status write_repositories(const std::filesystem::path& folder, Instant now);

// One check of a device whose kept files are in `state` (root.json at least). Answers the target's contents.
Result<std::string> check(const std::string& base, const std::filesystem::path& state, std::string_view target,
                          Instant now);

}  // namespace latchkey::lab
