#include "update/engine.h"

#include <algorithm>

#include "protocol/limits.h"
#include "update/device_recipient.h"

namespace latchkey::update {
namespace {

using protocol::release::ReleaseDescriptor;

constexpr std::chrono::hours full_disk_pause{24};

bool is_for_single_devices(const ReleaseDescriptor& release) {
  const auto is_for_one = [](const protocol::release::WrappedKey& key) {
    return std::holds_alternative<protocol::release::KeyForRecipient>(key);
  };
  return std::ranges::any_of(release.objects,
                             [&](const auto& object) { return std::ranges::any_of(object.keys, is_for_one); });
}

bool is_ours(Code code) {
  return code == Code::cancelled || code == Code::storage_failed || code == Code::storage_full ||
         code == Code::permission_denied;
}

}  // namespace

std::string_view name_of(CheckKind kind) {
  constexpr std::array<std::string_view, 7> names{"up_to_date", "waiting",    "available", "not_eligible",
                                                  "blocked",    "no_release", "no_answer"};
  return names.at(static_cast<std::size_t>(kind));
}

Engine::Engine(std::unique_ptr<FolderLock> lock, std::unique_ptr<Installation> installation, DeviceSecrets secrets,
               http::Client& client, const Clock& clock, EngineConfig config)
    : lock_(std::move(lock)),
      installation_(std::move(installation)),
      secrets_(std::move(secrets)),
      reports_(installation_->store().vfs(), secrets_.report_key),
      clock_(clock),
      config_(std::move(config)),
      fetcher_(client, config_.base_url, config_.pace) {}

Result<std::unique_ptr<Engine>> Engine::open(Vfs& vfs, BuiltInBundle built_in, http::Client& client, const Clock& clock,
                                             EngineConfig config) {
  auto lock = vfs.lock();
  if (!lock && lock.error().code == Code::busy) {
    const auto owner = vfs.find_lock_owner();
    return fail(Code::busy, (owner ? "process " + describe(*owner) : "another process") + " drives this folder");
  }
  if (!lock) return tl::unexpected(lock.error());
  TRY(DeviceSecrets secrets, open_device_secrets(vfs));
  const NativeFacts native{config.device.native, config.device.fingerprint};
  TRY(auto installation, Installation::open(vfs, secrets.state_key, std::move(built_in), native, clock, config.trial));
  return std::unique_ptr<Engine>(
      new Engine(*std::move(lock), std::move(installation), std::move(secrets), client, clock, std::move(config)));
}

Instant Engine::now() const { return std::max({clock_.now(), config_.built_at, installation_->state().time_floor}); }

const std::string& Engine::channel_in_use() const {
  const std::string& chosen = installation_->state().channel;
  return chosen.empty() ? config_.device.channel : chosen;
}

void Engine::start() {
  const std::lock_guard lock(mutex_);
  installation_->start(config_.mode);
  collect_happenings();
}

Result<CheckOutcome> Engine::note_failure(const Error& error) {
  if (is_ours(error.code)) return tl::unexpected(error);
  ++checks_.failures;
  checks_.retry_after = fetcher_.take_retry_after();
  return CheckOutcome{.kind = CheckKind::no_answer, .error = error, .clock_ahead = suspect_own_clock()};
}

std::optional<std::chrono::seconds> Engine::suspect_own_clock() const {
  const auto host = fetcher_.host_time();
  const Instant floor = std::max(config_.built_at, installation_->state().time_floor);
  return host ? suspect_clock(clock_.now(), *host, floor) : std::nullopt;
}

Status Engine::keep(const CheckAnswer& answer) {
  const State& state = installation_->state();
  const Instant before = answer.has_newer_root ? Instant{} : state.time_floor;
  const Instant floor = std::max(before, answer.newest_issued);
  auto sequences = answer.has_newer_root ? std::map<std::string, std::uint64_t>() : state.sequences;
  if (answer.release) sequences[answer.channel] = answer.release->sequence;
  drop_excess_channels(sequences, answer.channel);
  if (state.versions == answer.versions && state.time_floor == floor && state.root == answer.pin &&
      state.sequences == sequences)
    return {};
  return installation_->update([&](State& changed) {
    changed.sequences = std::move(sequences);
    changed.versions = answer.versions;
    changed.root = answer.pin;
    changed.time_floor = floor;
  });
}

// A folder that knows nothing, and a copy that does not answer: whatever the repository says could be old.
Status Engine::recall_floor() {
  if (config_.floor_copy == nullptr || has_recalled_) return {};
  const auto kept = config_.floor_copy->load();
  const std::lock_guard lock(mutex_);
  const auto floor = kept && *kept ? parse_floor(**kept) : Result<Floor>(Floor{});
  const bool is_readable = kept && (floor || floor.error().code != Code::future_version);
  if (!is_readable && !installation_->state().versions.empty()) return {};
  if (!is_readable) return tl::unexpected(kept ? floor.error() : kept.error());
  has_recalled_ = true;
  if (!*kept || !floor) return {};  // there is none, or nothing that we ever wrote
  copied_ = *floor;
  const Floor merged = merge_floors(*copied_, floor_of(installation_->state()), channel_in_use());
  if (merged == floor_of(installation_->state())) return {};
  tell({HappeningKind::state_older, {}});
  return installation_->update([&](State& state) {
    state.versions = merged.versions;
    state.time_floor = merged.time;
    state.sequences = merged.sequences;
  });
}

// A copy that cannot be written now is written at the next check.
void Engine::copy_floor() {
  if (config_.floor_copy == nullptr || !has_recalled_) return;
  const Floor floor = floor_of(state());
  if (copied_ == floor) return;
  if (config_.floor_copy->save(print_floor(floor))) copied_ = floor;
}

BundleRecord Engine::record_of(const ReleaseDescriptor& release) const {
  return {.root = release.tree.root,
          .release = release.terms.id,
          .sequence = release.sequence,
          .name = release.name,
          .native = release.terms.native,
          .channel = release.channel,
          .is_of_own_channel = installation_->state().channel.empty()};
}

protocol::release::DeviceFacts Engine::facts_of(const CheckAnswer& answer) const {
  using protocol::release::ChannelChoice;
  protocol::release::DeviceFacts facts = config_.device;
  facts.id = secrets_.id;
  facts.channel = answer.channel;
  facts.channel_choice = installation_->state().channel.empty() ? ChannelChoice::built_in : ChannelChoice::chosen;
  return facts;
}

// Of the same tree, or, while the bundle of the app runs, not newer than that.
bool Engine::is_running(const ReleaseDescriptor& release) const {
  const State& state = installation_->state();
  if (state.current) return state.current->root == release.tree.root;
  const BuiltInBundle& built_in = installation_->built_in();
  return built_in.tree.root() == release.tree.root || (state.channel.empty() && release.sequence <= built_in.sequence);
}

// What waits was halted, or the publisher went back behind it: it is given up. Its rollout is paused, or no longer
// comes to this device: what is not active yet does not become it for now.
Status Engine::judge_waiting(const CheckAnswer& answer) {
  const auto& staged = installation_->state().staged;
  if (!staged) return {};
  const auto* const policy = answer.policy ? &*answer.policy : nullptr;
  const auto* const entry = policy != nullptr ? policy->find(staged->release) : nullptr;
  const bool is_newest = answer.release && answer.release->terms.id == staged->release;
  if ((entry != nullptr && entry->halted) || (answer.release && answer.release->rollback_of && !is_newest)) {
    installation_->withdraw();
    return {};
  }
  const bool may = is_newest
                       ? decide(answer.release->terms, policy, answer.channels, facts_of(answer), now()).is_eligible()
                       : entry == nullptr || !entry->paused;
  return installation_->hold_staged(!may, config_.mode);
}

Result<CheckOutcome> Engine::judge(const CheckAnswer& answer) {
  using protocol::release::Verdict;
  TRY_DO(judge_waiting(answer));
  if (answer.channels.find(answer.channel) == nullptr)
    return CheckOutcome{.kind = CheckKind::not_eligible, .verdict = Verdict::channel_unknown};
  if (!answer.release) return CheckOutcome{.kind = CheckKind::no_release};
  const ReleaseDescriptor& release = *answer.release;
  const State& state = installation_->state();
  if (state.current && state.current->release == release.terms.id) return CheckOutcome{.kind = CheckKind::up_to_date};
  if (!state.current && is_running(release)) return CheckOutcome{.kind = CheckKind::up_to_date};
  const auto decision =
      decide(release.terms, answer.policy ? &*answer.policy : nullptr, answer.channels, facts_of(answer), now());
  if (!decision.is_eligible()) return CheckOutcome{.kind = CheckKind::not_eligible, .verdict = decision.verdict};
  if (is_running(release)) {
    TRY_DO(installation_->adopt(record_of(release)));
    return CheckOutcome{.kind = CheckKind::up_to_date};
  }
  if (state.staged && state.staged->release == release.terms.id) return CheckOutcome{.kind = CheckKind::waiting};
  if (state.is_bad(release.tree.root)) return CheckOutcome{.kind = CheckKind::blocked};
  return CheckOutcome{.kind = CheckKind::available, .release = release};
}

// What has arrived of a release is kept for as long as that may still be installed.
void Engine::drop_parts(const CheckAnswer& answer, const CheckOutcome& outcome) {
  std::vector<protocol::release::ObjectId> kept;
  if (outcome.kind == CheckKind::available || outcome.kind == CheckKind::not_eligible)
    for (const auto& object : answer.release ? answer.release->objects : std::vector<protocol::release::ObjectEntry>{})
      kept.push_back(object.id);
  installation_->store().drop_parts(kept);
}

Result<CheckOutcome> Engine::check(const std::stop_token& stop) {
  const std::lock_guard one_at_a_time(network_);
  CheckRequest request;
  request.app = config_.app;
  request.root = config_.root;
  std::map<std::string, std::uint64_t> known;
  if (const Status recalled = recall_floor(); !recalled) {
    const std::lock_guard lock(mutex_);
    return note_failure(recalled.error());
  }
  {
    const std::lock_guard lock(mutex_);
    const State& state = installation_->state();
    request.channel = channel_in_use();
    request.now = now();
    request.now_without_floor = std::max(clock_.now(), config_.built_at);
    known = state.versions;
    request.pin = state.root;
    request.sequences = state.sequences;
    available_.reset();
  }
  fetcher_.begin_session(config_.check_time);
  auto answer = check_repository(fetcher_, installation_->store().vfs(), request, known, verified_, stop);
  {
    const std::lock_guard lock(mutex_);
    if (!answer) return note_failure(answer.error());
    TRY_DO(keep(*answer));
  }
  copy_floor();
  const std::lock_guard lock(mutex_);
  checks_ = {};
  TRY(CheckOutcome outcome, judge(*answer));
  outcome.clock_ahead = suspect_own_clock();
  note_answer(*answer, outcome);
  drop_parts(*answer, outcome);
  available_ = outcome.release;
  collect_happenings();
  return outcome;
}

// What went wrong with a release that is no longer the channel's is over; while it is held back it delays no check.
void Engine::note_answer(const CheckAnswer& answer, const CheckOutcome& outcome) {
  if (!downloads_) return;
  if (!answer.release || answer.release->terms.id != downloads_->release)
    downloads_.reset();
  else
    downloads_->is_wanted = outcome.kind == CheckKind::available;
}

// What is on the device now. Nothing of it is deleted before the download is over.
InstallSource Engine::source_of_trees() {
  const std::lock_guard lock(mutex_);
  installation_->hold_collection(true);
  InstallSource source{installation_->store(), installation_->built_in(), {}};
  for (const auto* record : {&installation_->state().current, &installation_->state().previous})
    if (*record) source.installed.push_back((*record)->root);
  return source;
}

// Asked for again until the disk answers: it may fail for a while.
Status Engine::look_for_recipient() {
  if (config_.ring.recipient) return {};
  TRY(config_.ring.recipient, find_device_recipient(installation_->store().vfs()));
  return {};
}

// Who has a key that cannot be read is told that, and not that there is none.
Status Engine::install(const ReleaseDescriptor& release, const std::function<void(std::uint64_t)>& progress,
                       const std::stop_token& stop, InstallReport& report) {
  Status recipient = look_for_recipient();
  Status done =
      install_release(source_of_trees(), fetcher_, release, config_.ring, config_.install, progress, stop, report);
  const bool is_key_missing = !done && done.error().code == Code::key_missing;
  return is_key_missing && !recipient && is_for_single_devices(release) ? recipient : done;
}

Result<InstallReport> Engine::download(const std::vector<DelayCondition>& conditions,
                                       const std::function<void(std::uint64_t)>& progress,
                                       const std::stop_token& stop) {
  const std::lock_guard one_at_a_time(network_);
  std::optional<ReleaseDescriptor> release;
  {
    const std::lock_guard lock(mutex_);
    release = available_;
  }
  if (!release) return fail(Code::not_found, "no release is available: check first");
  TRY_DO(check_conditions(conditions));
  verified_.reset();
  fetcher_.begin_session(config_.download_time);
  InstallReport report;
  const Status installed = install(*release, progress, stop, report);
  const std::lock_guard lock(mutex_);
  const Status staged = installed ? installation_->stage(record_of(*release), conditions, config_.mode) : installed;
  installation_->hold_collection(false);
  if (!staged) note_missed(*release, staged.error(), report);
  if (!installed) note_failed_download(*release, installed.error(), report);
  if (staged) {
    downloads_.reset();
    available_.reset();
    installation_->store().drop_parts({});
    installation_->collect();  // trees that were only on the way
  }
  collect_happenings();
  if (!staged) return tl::unexpected(staged.error());
  return report;
}

void Engine::note_missed(const ReleaseDescriptor& release, const Error& error, const InstallReport& report) {
  if (!downloads_ || downloads_->release != release.terms.id) {
    DownloadTrouble trouble{};
    trouble.release = release.terms.id;
    downloads_ = trouble;
  }
  downloads_->is_wanted = true;
  downloads_->is_full = error.code == Code::storage_full;
  downloads_->room = report.room;
  if (downloads_->is_full && !std::exchange(downloads_->has_told_full, true))
    tell({HappeningKind::failed, record_of(release), Failure::no_space});
  downloads_->retry_after = fetcher_.take_retry_after();
  if (!is_ours(error.code)) ++downloads_->failures;
}

// Only what was signed and yet makes no tree is the release's own fault; anything else somebody on the network could
// bring about.
void Engine::note_failed_download(const ReleaseDescriptor& release, const Error& error, const InstallReport& report) {
  if (!is_ours(error.code) && report.is_releases_fault)
    installation_->count_failure(record_of(release), Failure::apply);
}

Status Engine::delay(const std::vector<DelayCondition>& conditions) {
  const std::lock_guard lock(mutex_);
  TRY_DO(installation_->delay(conditions, config_.mode));
  collect_happenings();
  return {};
}

Status Engine::apply() {
  const std::lock_guard lock(mutex_);
  TRY_DO(installation_->activate());
  collect_happenings();
  return {};
}

std::chrono::milliseconds Engine::Trouble::pause(const Pace& pace) const {
  return failures == 0 ? std::chrono::milliseconds(0) : Backoff{}.delay(failures, pace.share(), retry_after);
}

std::chrono::milliseconds Engine::next_check(std::chrono::milliseconds period) const {
  const std::lock_guard lock(mutex_);
  const std::chrono::milliseconds after_checks = std::max(period, checks_.pause(config_.pace));
  if (!downloads_ || !downloads_->is_wanted) return after_checks;
  const bool missing = downloads_->missing().has_value();
  return std::max(
      {after_checks, downloads_->pause(config_.pace),
       downloads_->is_full && !missing ? std::chrono::milliseconds(full_disk_pause) : std::chrono::milliseconds(0)});
}

std::optional<Room> Engine::missing_room() const {
  const std::lock_guard lock(mutex_);
  return downloads_ && downloads_->is_wanted ? downloads_->missing() : std::nullopt;
}

std::shared_ptr<const RunningBundle> Engine::running() const {
  const std::lock_guard lock(mutex_);
  return installation_->running();
}

Result<Bytes> Engine::read(const RunningBundle& bundle, std::string_view path) {
  const FileEntry* const file = bundle.tree.find(path);
  if (file == nullptr) return fail(Code::not_found, "no such file in the bundle");
  if (bundle.record) {
    TRY(Bytes bytes, read_whole(installation_->store().vfs(), blob_path(file->sha256), file->size));
    if (bytes.size() != file->size) return fail(Code::storage_corrupted, "blob");
    return bytes;
  }
  const std::lock_guard lock(mutex_);
  Bytes bytes(static_cast<std::size_t>(file->size));
  TRY_DO(installation_->built_in().contents->read(*file, 0, bytes));
  return bytes;
}

State Engine::state() const {
  const std::lock_guard lock(mutex_);
  return installation_->state();
}

LoadToken Engine::begin_load(MonotonicTime at) {
  const std::lock_guard lock(mutex_);
  return installation_->begin_load(at);
}

Status Engine::ready(const LoadToken& token) {
  const std::lock_guard lock(mutex_);
  TRY_DO(installation_->ready(token));
  collect_happenings();
  return {};
}

void Engine::poll(MonotonicTime at) {
  const std::lock_guard lock(mutex_);
  installation_->poll(at);
  collect_happenings();
}

void Engine::went_to_background(MonotonicTime at) {
  const std::lock_guard lock(mutex_);
  installation_->went_to_background(at, config_.mode);
  collect_happenings();
}

void Engine::came_to_foreground(MonotonicTime at) {
  const std::lock_guard lock(mutex_);
  installation_->came_to_foreground(at, config_.mode);
  collect_happenings();
}

void Engine::crashed() {
  const std::lock_guard lock(mutex_);
  installation_->crashed();
  collect_happenings();
}

void Engine::ended(MonotonicTime at) {
  const std::lock_guard lock(mutex_);
  installation_->ended(at);
}

void Engine::reset() {
  const std::lock_guard lock(mutex_);
  installation_->reset();
  collect_happenings();
}

Status Engine::verify(const std::stop_token& stop) {
  const auto bundle = running();
  if (!bundle->record) return {};
  Status sound = installation_->store().check_contents(bundle->record->root, stop);
  if (sound || sound.error().code == Code::cancelled) return sound;
  const std::lock_guard lock(mutex_);
  if (installation_->running() == bundle) installation_->report_damage(sound.error());
  collect_happenings();
  return {};
}

Status Engine::choose_channel(const std::string& channel) {
  if (!channel.empty()) TRY_DO(protocol::release::check_channel_name(channel));
  const std::lock_guard lock(mutex_);
  if (installation_->state().channel == channel) return {};
  available_.reset();
  installation_->withdraw();
  collect_happenings();
  return installation_->update([&](State& state) { state.channel = channel; });
}

std::vector<Happening> Engine::take_happenings() {
  const std::lock_guard lock(mutex_);
  return std::exchange(happenings_, {});
}

void Engine::collect_happenings() {
  for (Happening& happening : installation_->take_happenings()) tell(std::move(happening));
}

void Engine::tell(Happening happening) {
  if (config_.sends_reports) queue_report(happening);
  happenings_.push_back(std::move(happening));
}

}  // namespace latchkey::update
