// The changes of an app's repository, each one transaction: what is read, checked, signed and written together. The
// answer of the database's write() comes after the commit, so what is acknowledged is never lost and a half release is
// never seen. Closures may run more than once; everything here may.
#pragma once

#include <span>

#include "protocol/release/device_report.h"
#include "release/catalog/apps.h"
#include "release/catalog/repository_store.h"
#include "release/repository/take_metadata.h"
#include "release/repository/take_release.h"
#include "release/rollout/reports.h"

namespace latchkey::release {

// What every change needs besides the transaction. References outlive it.
struct Signing {
  const KeySeal& seal;
  OnlineLifetimes lifetimes;
  PauseRule pause;
};

// The app with its online keys and the first publisher's key. Fails: as insert_app.
Result<NewApiKey> create_app(sql::Transaction& tx, const Signing& signing, const App& app);

// Fails: as take_metadata.
Status publish_metadata(sql::Transaction& tx, const Signing& signing, std::string_view app,
                        std::span<const UploadedFile> files, Instant now);

// The same release again is fine. Fails: as read_release, check_objects and take_release; not_found (rollback_of names
// no release of the channel).
Result<ReleaseId> publish_release(sql::Transaction& tx, const Signing& signing, std::string_view app,
                                  std::string_view channel, const SignedRelease& release, Instant now);

// What may be changed of a release by hand.
struct RolloutChange {
  ReleaseId release;
  std::optional<std::uint32_t> bps;
  std::optional<bool> paused;
  std::optional<bool> halted;  // true only: what devices were told to stay away from does not come back
  std::optional<std::string> reason;
  std::optional<bool> watched;  // with paused == false: whether it may pause itself from now on
};
// Evidence against a release that is resumed starts anew. Fails: not_found, invalid_argument, conflict (the release is
// halted).
Status change_rollout(sql::Transaction& tx, const Signing& signing, std::string_view app, std::string_view channel,
                      const RolloutChange& change, Instant now);

struct ReportAnswer {
  Counted counted = Counted::yes;
  std::uint64_t highest = 0;  // of the device's counts; when replayed
  bool has_paused = false;    // this report was the one too many
};
// Counts the report, which came from `client`, and pauses the release when the evidence is enough: a person resumes it,
// or halts it for good.
Result<ReportAnswer> take_report(sql::Transaction& tx, const Signing& signing,
                                 const protocol::release::DeviceReport& report, const http::Address& client,
                                 Instant now);

// Signs again what is due. True: something was.
Result<bool> renew_app(sql::Transaction& tx, const Signing& signing, std::string_view app, Instant now);

}  // namespace latchkey::release
