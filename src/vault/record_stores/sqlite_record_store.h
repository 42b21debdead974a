// A record store in one SQLite file, with a write-ahead log beside it while it is in use. Durable on return
// (synchronous=FULL), freed bytes are zeroed (secure_delete=ON). Layout: docs/formats/vault-v1.md.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "protocol/limits/vault.h"
#include "vault/record_store.h"
#include "vault/record_stores/path_watch.h"

namespace latchkey::vault {

struct SqliteRecordStoreOptions {
  std::chrono::milliseconds busy_timeout{5'000};  // how long another process's write is waited for
  int page_size = 4096;                           // of files it creates
  WatchPath watch_path = nullptr;                 // unset: each write walks along the path
  // Where the path is watched: how long a write may trust that alone (protocol/limits/vault.h says how many may).
  std::chrono::milliseconds path_watch_trust = protocol::limits::path_watch_trust;
};

// Touches nothing until it is used. The file appears complete or not at all; its folder is made with mode 0700. A file
// of no bytes is a damaged vault, not a fresh one. Not to be carried over fork(2).
std::unique_ptr<RecordStore> make_sqlite_record_store(std::filesystem::path file,
                                                      SqliteRecordStoreOptions options = {});

}  // namespace latchkey::vault
