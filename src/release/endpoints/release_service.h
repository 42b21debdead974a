// What the endpoints of the release service share.
#pragma once

#include "base/time.h"
#include "release/blobs/blob_store.h"
#include "release/blobs/disk_worker.h"
#include "release/publishing.h"
#include "release/rollout/new_devices.h"
#include "release/served_files.h"
#include "sql/database.h"

namespace latchkey::release {

// References outlive it. Thread-safe.
struct ReleaseService {
  ReleaseService(sql::Database& database, BlobStore& blob_store, const Clock& its_clock, const Signing& its_signing)
      : db(database), blobs(blob_store), clock(its_clock), signing(its_signing), served(database) {}

  sql::Database& db;
  BlobStore& blobs;
  const Clock& clock;
  const Signing signing;
  ServedFiles served;
  NewDevices new_devices;
  DiskWorker disk;
};

}  // namespace latchkey::release
