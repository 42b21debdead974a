#include "release/served_files.h"

#include <charconv>
#include <optional>

#include "release/catalog/repository_store.h"

namespace latchkey::release {
namespace {

// How long a CDN may hold back news; a halt reaches devices this much later at most.
constexpr std::chrono::seconds timestamp_age{30};

// N of "metadata/N.root.json".
std::optional<std::int64_t> root_version(std::string_view path) {
  constexpr std::string_view folder = "metadata/";
  constexpr std::string_view suffix = ".root.json";
  if (!path.starts_with(folder) || !path.ends_with(suffix)) return std::nullopt;
  const std::string_view digits = path.substr(folder.size(), path.size() - folder.size() - suffix.size());
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return version;
}

}  // namespace

void ServedApp::add(std::string path, Bytes content, bool is_timestamp) {
  newest_root_ = std::max(newest_root_, root_version(path).value_or(0));
  std::string text(as_text(content));
  auto body = is_timestamp ? http::CachedBody::create(std::move(text), "application/json", timestamp_age)
                           : http::CachedBody::create_immutable(std::move(text), "application/json");
  files_.emplace(std::move(path), std::move(body));
}

const http::CachedBody* ServedApp::find(std::string_view path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

bool ServedApp::is_future_root(std::string_view path) const {
  const auto version = root_version(path);
  return version && *version > newest_root_;
}

std::shared_ptr<const ServedApp> ServedFiles::find(std::string_view app) const {
  const std::lock_guard lock(mutex_);
  const auto found = apps_.find(app);
  return found == apps_.end() ? nullptr : found->second;
}

void ServedFiles::put(std::string_view app, std::shared_ptr<const ServedApp> files) {
  const std::lock_guard lock(mutex_);
  auto& held = apps_[std::string(app)];
  // Two changes may come here in another order than they were committed.
  if (held == nullptr || held->revision() < files->revision()) held = std::move(files);
}

Result<std::shared_ptr<const ServedApp>> ServedFiles::load(sql::Transaction& tx, std::string_view app) {
  TRY(const auto rows, tx.query("SELECT revision FROM release_apps WHERE id = $1", app));
  if (rows.is_empty()) return fail(Code::not_found, "app");
  TRY(const auto revision, rows[0].get<std::int64_t>(0));
  TRY(const Repository repository, load_repository(tx, app));
  auto served = std::make_shared<ServedApp>(revision);
  for (const auto& [name, file] : repository.files()) served->add(file.path, file.bytes, name == tuf::timestamp_role);
  return served;
}

Status ServedFiles::follow() {
  TRY(const auto revisions, db_.read(list_revisions).get());
  for (const auto& [app, revision] : revisions) {
    const auto held = find(app);
    if (held != nullptr && held->revision() >= revision) continue;
    const auto read = [&app](sql::Transaction& tx) { return load(tx, app); };
    TRY(auto files, db_.read(read).get());
    put(app, std::move(files));
  }
  return {};
}

}  // namespace latchkey::release
