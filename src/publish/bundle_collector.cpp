#include "publish/bundle_collector.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "protocol/limits.h"
#include "protocol/release/bundle_path.h"
#include "protocol/unicode_text.h"

namespace latchkey::publish {
namespace {

namespace limits = protocol::limits;

constexpr std::array droppings{".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX", "._*"};
constexpr std::array repositories{".git", ".hg", ".svn"};
// A bundle is public to whoever unpacks the app.
constexpr std::array secrets{".env",  ".env.*", ".npmrc",     ".netrc", "*.pem",     "*.p12",
                             "*.pfx", "*.jks",  "*.keystore", "id_rsa", "id_ed25519"};

bool matches(const char* pattern, const std::string& text) { return ::fnmatch(pattern, text.c_str(), 0) == 0; }

template <class Patterns>
bool matches_any(const Patterns& patterns, const std::string& text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const char* pattern) { return matches(pattern, text); });
}
bool matches_any(const std::vector<std::string>& patterns, const std::string& path) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& one) { return matches(one.c_str(), path); });
}

template <class Patterns>
bool has_part(const std::string& path, const Patterns& patterns) {
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (matches_any(patterns, path.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

bool BundleCollector::wants_folder(const std::string& path) {
  if (matches_any(options_.excluded, path) || has_part(path, droppings)) {
    report_.skipped.push_back(path);
    return false;
  }
  if (!has_part(path, repositories)) return true;
  refuse(path, "a repository of sources; name the folder the build writes to");
  return false;
}

bool BundleCollector::wants(const std::string& path) {
  if (!wants_folder(path)) return false;
  const std::string name = path.substr(path.rfind('/') + 1);
  if (matches_any(secrets, name) && !matches_any(options_.allowed, path)) {
    refuse(path, "looks like a secret, and whoever has the app can read its bundle");
    return false;
  }
  if (const auto checked = release::check_bundle_path(path); !checked) {
    refuse(path, "the path has " + checked.error().detail);
    return false;
  }
  return true;
}

void BundleCollector::refuse(const std::string& path, std::string_view reason) {
  report_.offences.push_back({path, std::string(reason)});
}

std::uint64_t BundleCollector::room() const { return limits::bundle_bytes - bytes_; }

Status BundleCollector::add(std::string path, Bytes content) {
  if (content.size() > room()) return fail(Code::input_too_large, "a bundle has 512 MiB at most");
  if (files_.size() == limits::bundle_files) return fail(Code::input_too_large, "a bundle has 20,000 files at most");
  bytes_ += content.size();
  files_.push_back({std::move(path), std::move(content)});
  return {};
}

void BundleCollector::refuse_clashes() {
  std::map<std::string, std::string> folded;  // to the first path that folds so
  for (const BundleFile& file : files_) {
    const auto [at, is_new] = folded.try_emplace(protocol::fold_case(file.path), file.path);
    if (!is_new) refuse(file.path, "the same file as " + at->second + " where case does not count");
  }
  for (const auto& [path, original] : folded)
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      if (const auto file = folded.find(path.substr(0, slash)); file != folded.end())
        refuse(original, "lies below " + file->second + ", which is a file");
}

void BundleCollector::refuse_without_index() {
  static constexpr std::string_view index = "index.html";
  const auto has = [](const BundleFile& file) { return file.path == index; };
  if (!options_.needs_index || std::any_of(files_.begin(), files_.end(), has)) return;
  const auto deeper = std::find_if(files_.begin(), files_.end(),
                                   [&](const BundleFile& file) { return file.path.ends_with("/index.html"); });
  refuse(std::string(index), deeper == files_.end()
                                 ? "missing: a web app starts with it"
                                 : "missing at the top, but there is " + deeper->path + ": pack that folder");
}

Result<Bundle> BundleCollector::finish() {
  refuse_clashes();
  if (report_.offences.empty()) refuse_without_index();
  std::sort(report_.offences.begin(), report_.offences.end(),
            [](const Offence& a, const Offence& b) { return std::tie(a.path, a.reason) < std::tie(b.path, b.reason); });
  if (!report_.offences.empty())
    return fail(Code::invalid_format, std::to_string(report_.offences.size()) + " things that cannot be in a bundle");
  return Bundle::create(std::move(files_));
}

}  // namespace latchkey::publish
