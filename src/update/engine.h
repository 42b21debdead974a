// Live updates on a device: check, download, apply, and the life of what runs. Calls block; progress and reasons come
// back as values and happenings. Thread-safe: a page says ready while a download is under way, and is not held up by
// it.
#pragma once

#include <mutex>

#include "protocol/limits.h"
#include "protocol/release/rollout_rule.h"
#include "update/check.h"
#include "update/device_secrets.h"
#include "update/floor_copy.h"
#include "update/install.h"
#include "update/report_queue.h"

namespace latchkey::update {

struct EngineConfig {
  std::string app;
  std::string base_url;                   // of the app's repository: "https://updates.example.com/updates/app"
  Bytes root;                             // root.json, as it came with the app
  Instant built_at{};                     // of the native app: no clock before it is believed
  protocol::release::DeviceFacts device;  // id and channel choice are the engine's to fill
  // Without a recipient in it that of the folder counts, if there is one (device_recipient.h): it is read when there is
  // something to download.
  protocol::release::KeyRing ring;
  ApplyMode mode = ApplyMode::next_restart;
  TrialRules trial;
  InstallRules install;
  bool sends_reports = true;
  // Where the host keeps what must not be forgotten with the folder; null: nowhere. Outlives the engine.
  FloorCopy* floor_copy = nullptr;
  // For the network, all of it.
  std::chrono::milliseconds check_time = protocol::limits::update_check_time;
  std::chrono::milliseconds download_time = protocol::limits::update_download_time;
  Pace pace;
};

enum class CheckKind {
  up_to_date,    // the release runs already
  waiting,       // it waits to be switched to
  available,     // it may be downloaded
  not_eligible,  // it is not for this device, or not now: `verdict`
  blocked,       // it failed on this device before
  no_release,    // the channel has none
  no_answer,     // nothing that can be believed came: `error`; what is installed goes on
};
std::string_view name_of(CheckKind kind);

struct CheckOutcome {
  CheckKind kind = CheckKind::no_answer;
  std::optional<protocol::release::Verdict> verdict = {};
  std::optional<Error> error = {};
  std::optional<protocol::release::ReleaseDescriptor> release = {};
  // How far the device's clock seems ahead of the host's, negative: behind. A hint for people, believed in nothing.
  std::optional<std::chrono::seconds> clock_ahead = {};
};

class Engine final {
 public:
  // The folder's lock is held as long as it lives. `vfs`, `client` and `clock` outlive it. Fails: busy (another process
  // has the folder; Vfs::find_lock_owner says which), storage_failed, storage_full, permission_denied, crypto_failed.
  static Result<std::unique_ptr<Engine>> open(Vfs& vfs, BuiltInBundle built_in, http::Client& client,
                                              const Clock& clock, EngineConfig config);

  // Once, before the first page. A run of before whose page was shown, and which neither lasted thirty seconds nor was
  // ended by ended() or went_to_background(), counts as a crash.
  void start();

  // Never fails for what the network or the repository does: that is an outcome. Fails: cancelled, storage_failed,
  // storage_full.
  Result<CheckOutcome> check(const std::stop_token& stop = {});
  // What check() found available, staged with these conditions. Fails: not_found (nothing is), invalid_argument (the
  // conditions), as install_release(), and as find_device_recipient() when the release is for single devices.
  Result<InstallReport> download(const std::vector<DelayCondition>& conditions = {},
                                 const std::function<void(std::uint64_t)>& progress = {},
                                 const std::stop_token& stop = {});
  // Other conditions for what is staged, instead of those of its download; none: the mode's next moment. Fails:
  // not_found (nothing waits), invalid_argument, storage_failed, storage_full.
  Status delay(const std::vector<DelayCondition>& conditions);
  // What the disk lacked at the last download() of what is still wanted; nothing: it lacked nothing.
  std::optional<Room> missing_room() const;
  // Switches to what waits. Fails: not_found, temporarily_unavailable (the publisher holds it back: paused).
  Status apply();

  // When to check again, after what the last one came to: `period` while all is well, longer after failures in a row,
  // of checks or of downloads of the same release, and after a full disk that had room
  // enough by its own account (a quota). One that had not is asked again at each download, before a byte is fetched.
  std::chrono::milliseconds next_check(std::chrono::milliseconds period) const;

  std::shared_ptr<const RunningBundle> running() const;
  // A file of a bundle that runs or ran since the start. Fails: not_found, storage_failed, storage_corrupted.
  Result<Bytes> read(const RunningBundle& bundle, std::string_view path);
  State state() const;
  // What a publisher has to be told to give this device a release before others. Shown to people by the native app,
  // never sent, and not for pages: it is the same for as long as the device lives, and scripts of others run in them.
  const protocol::release::DeviceId& device_id() const { return secrets_.id; }

  // See Installation; running() is asked after begin_load().
  LoadToken begin_load(MonotonicTime at);
  Status ready(const LoadToken& token);
  void poll(MonotonicTime at);
  void went_to_background(MonotonicTime at);
  void came_to_foreground(MonotonicTime at);
  void crashed();
  void ended(MonotonicTime at);
  void reset();
  // Reads and hashes the running bundle; a damaged one gives way and is downloaded anew. Fails: cancelled.
  Status verify(const std::stop_token& stop = {});

  // Empty: the app's own. Takes effect with the next check, which refuses channels that are closed; what waits is of
  // the old one and is given up. Fails: invalid_argument, storage_failed, storage_full.
  Status choose_channel(const std::string& channel);

  std::vector<Happening> take_happenings();
  // Sends what is queued about them; what does not arrive waits. Fails: cancelled.
  Status send_reports(const std::stop_token& stop = {});

 private:
  Engine(std::unique_ptr<FolderLock> lock, std::unique_ptr<Installation> installation, DeviceSecrets secrets,
         http::Client& client, const Clock& clock, EngineConfig config);
  InstallSource source_of_trees();
  Status look_for_recipient();
  Status install(const protocol::release::ReleaseDescriptor& release,
                 const std::function<void(std::uint64_t)>& progress, const std::stop_token& stop,
                 InstallReport& report);
  Result<CheckOutcome> judge(const CheckAnswer& answer);
  BundleRecord record_of(const protocol::release::ReleaseDescriptor& release) const;
  protocol::release::DeviceFacts facts_of(const CheckAnswer& answer) const;
  bool is_running(const protocol::release::ReleaseDescriptor& release) const;
  Status judge_waiting(const CheckAnswer& answer);
  Status recall_floor();
  void copy_floor();
  void drop_parts(const CheckAnswer& answer, const CheckOutcome& outcome);
  std::optional<std::chrono::seconds> suspect_own_clock() const;
  Result<CheckOutcome> note_failure(const Error& error);
  Status keep(const CheckAnswer& answer);
  void note_answer(const CheckAnswer& answer, const CheckOutcome& outcome);
  void note_failed_download(const protocol::release::ReleaseDescriptor& release, const Error& error,
                            const InstallReport& report);
  void note_missed(const protocol::release::ReleaseDescriptor& release, const Error& error,
                   const InstallReport& report);
  void collect_happenings();
  void tell(Happening happening);
  void queue_report(const Happening& happening);
  Result<bool> catch_up(std::uint64_t sent, const Bytes& answer);
  Result<bool> send_waiting_reports(const std::stop_token& stop);
  Instant now() const;
  const std::string& channel_in_use() const;

  mutable std::mutex mutex_;  // of what follows, never held while the network is waited for
  std::mutex network_;        // one check or download at a time
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<Installation> installation_;
  DeviceSecrets secrets_;
  ReportQueue reports_;
  const Clock& clock_;
  EngineConfig config_;
  Fetcher fetcher_;
  bool has_recalled_ = false;                 // the host's copy of the floor was read; under network_, like the next
  std::optional<Floor> copied_;               // what it holds, as far as is known
  std::optional<VerifiedMetadata> verified_;  // under network_; not while a patch wants the memory
  std::optional<protocol::release::ReleaseDescriptor> available_;
  std::vector<Happening> happenings_;
  // Failures in a row, and what the server asked for at the last one.
  struct Trouble {
    unsigned failures = 0;
    std::chrono::seconds retry_after{};
    std::chrono::milliseconds pause(const Pace& pace) const;
  };
  struct DownloadTrouble : Trouble {
    protocol::release::ReleaseId release;
    bool is_full = false;      // the disk was, at the last one
    std::optional<Room> room;  // it had then
    std::optional<Room> missing() const { return room && room->available < room->wanted ? room : std::nullopt; }
    bool has_told_full = false;  // the server hears of it once
    bool is_wanted = false;      // still, says the last check
  };
  Trouble checks_;
  std::optional<DownloadTrouble> downloads_;  // checks that go well say nothing about them
};

}  // namespace latchkey::update
