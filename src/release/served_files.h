// The current files of every app, held in memory as finished answers: what devices fetch at every check costs no
// database, no hash and no copy. Follows what other processes publish.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "http/server/cached_body.h"
#include "sql/database.h"

namespace latchkey::release {

// Of one app; immutable.
class ServedApp final {
 public:
  explicit ServedApp(std::int64_t revision) : revision_(revision) {}
  void add(std::string path, Bytes content, bool is_timestamp);

  const http::CachedBody* find(std::string_view path) const;  // null: not a current file
  // "metadata/N.root.json" with N beyond the newest: what every check asks for, and what is not there.
  bool is_future_root(std::string_view path) const;
  std::int64_t revision() const { return revision_; }

 private:
  std::int64_t revision_;
  std::int64_t newest_root_ = 0;
  std::map<std::string, http::CachedBody, std::less<>> files_;
};

// Thread-safe.
class ServedFiles final {
 public:
  explicit ServedFiles(sql::Database& db) : db_(db) {}

  std::shared_ptr<const ServedApp> find(std::string_view app) const;  // null: no such app

  // Reads the apps again whose revision is another. Blocks on the database, one statement when nothing changed. Call at
  // the start and every few seconds.
  Status follow();
  // The same after a change of one app, without blocking: in the transaction that reads it.
  static Result<std::shared_ptr<const ServedApp>> load(sql::Transaction& tx, std::string_view app);
  void put(std::string_view app, std::shared_ptr<const ServedApp> files);

 private:
  using Apps = std::map<std::string, std::shared_ptr<const ServedApp>, std::less<>>;
  sql::Database& db_;
  mutable std::mutex mutex_;
  Apps apps_;
};

}  // namespace latchkey::release
