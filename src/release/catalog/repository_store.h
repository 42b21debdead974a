// An app's repository and its online keys in the database.
#pragma once

#include <optional>
#include <span>

#include "release/keys/key_seal.h"
#include "release/repository/online_roles.h"
#include "sql/transaction.h"

namespace latchkey::release {

// The keys a new app gets, sealed. Call once per app. Fails: crypto_failed, conflict.
Status insert_online_keys(sql::Transaction& tx, std::string_view app, const KeySeal& seal);
// Fails: not_found, authentication_failed (sealed with another key).
Result<OnlineKeys> load_online_keys(sql::Transaction& tx, std::string_view app, const KeySeal& seal);

// Keys to follow those of `roles` ("snapshot", "timestamp", "policy"). They sign nothing before root or targets name
// them (take_metadata). Fails: not_found (the app), already_exists (a role has one waiting), invalid_argument (a role).
Status insert_next_keys(sql::Transaction& tx, std::string_view app, std::span<const std::string> roles,
                        const KeySeal& seal);
Result<NextKeys> load_next_keys(sql::Transaction& tx, std::string_view app, const KeySeal& seal);
// From now on the next key of each role is its key; the one before is gone.
Status adopt_next_keys(sql::Transaction& tx, std::string_view app, std::span<const std::string> roles,
                       const KeySeal& seal);
// Gives up those that wait. Answers how many.
Result<std::int64_t> drop_next_keys(sql::Transaction& tx, std::string_view app);

// The app is held until the end of the transaction: two changes of one repository come one after the other. Fails:
// not_found.
Status lock_app(sql::Transaction& tx, std::string_view app);
Result<Repository> load_repository(sql::Transaction& tx, std::string_view app);
// Writes what changed; what was current before is kept for devices in the middle of an update (drop_old_files).
Status save_changes(sql::Transaction& tx, const Repository& repository, Instant now);

// Any file there is, current or not.
Result<std::optional<Bytes>> find_file(sql::Transaction& tx, std::string_view app, std::string_view path);
// Files that stopped being current before `before`; roots are kept for ever.
Status drop_old_files(sql::Transaction& tx, Instant before);

// Of every app: a number that grows with each change of its files.
struct AppRevision {
  std::string app;
  std::int64_t revision = 0;
};
Result<std::vector<AppRevision>> list_revisions(sql::Transaction& tx);

}  // namespace latchkey::release
