// What makes a folder one device: the app, where its releases come from, what the native build around it holds. Kept in
// the folder, so that a later command needs the folder alone. Holds no secret: the content keys' files are named.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace latchkey::app {

struct UpdateSettings {
  std::string app;
  std::string repository;                 // {server}/updates/{app}, or any web host's folder
  std::string root;                       // file
  std::string built_in;                   // folder; empty: a page that says so
  std::uint64_t built_in_sequence = 0;    // of the release it was published as; 0: never
  std::vector<std::string> content_keys;  // files
  std::string ca_file;
  std::string channel;
  std::string vault;  // file; empty: no copy of what the folder must not forget
  std::string platform = "web";
  std::string os, native = "1.0.0", fingerprint, locale;
  std::vector<std::string> labels;

  friend bool operator==(const UpdateSettings&, const UpdateSettings&) = default;
};

// Of the device in `folder`. Fails: not_found (no device is there yet), invalid_format.
Result<UpdateSettings> load_settings(const std::filesystem::path& folder);
Status save_settings(const std::filesystem::path& folder, const UpdateSettings& settings);

}  // namespace latchkey::app
