#include "update/engine.h"

#include <algorithm>
#include <random>

#include "protocol/release/device_report.h"

namespace latchkey::update {
namespace {

using protocol::release::DeviceReport;
using protocol::release::ReleaseDescriptor;
using protocol::release::ReportEvent;

constexpr std::chrono::hours full_disk_pause{24};
constexpr std::size_t most_reports = 64;  // in the queue; a device that is never online keeps the oldest
constexpr std::size_t largest_report = 16 << 10;

BundleRecord record_of(const ReleaseDescriptor& release) {
  return {.root = release.tree.root,
          .release = release.terms.id,
          .sequence = release.sequence,
          .name = release.name,
          .native = release.terms.native};
}

bool is_ours(Code code) {
  return code == Code::cancelled || code == Code::storage_failed || code == Code::storage_full ||
         code == Code::permission_denied;
}

std::optional<ReportEvent> event_of(const Happening& happening) {
  switch (happening.kind) {
    case HappeningKind::activated:
      return ReportEvent::activated;
    case HappeningKind::ready:
      return ReportEvent::ready;
    case HappeningKind::rolled_back:
      return ReportEvent::rolled_back;
    default:
      return std::nullopt;
  }
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
      clock_(clock),
      config_(std::move(config)),
      fetcher_(client, config_.base_url) {}

Result<std::unique_ptr<Engine>> Engine::open(Vfs& vfs, BuiltInBundle built_in, http::Client& client, const Clock& clock,
                                             EngineConfig config) {
  TRY(auto lock, vfs.lock());
  TRY(DeviceSecrets secrets, open_device_secrets(vfs));
  const NativeFacts native{config.device.native, config.device.fingerprint};
  TRY(auto installation, Installation::open(vfs, secrets.state_key, std::move(built_in), native, clock, config.trial));
  return std::unique_ptr<Engine>(
      new Engine(std::move(lock), std::move(installation), std::move(secrets), client, clock, std::move(config)));
}

Instant Engine::now() const { return std::max({clock_.now(), config_.built_at, installation_->state().time_floor}); }

void Engine::start() {
  const std::lock_guard lock(mutex_);
  installation_->start(config_.mode);
  collect_happenings();
}

Result<CheckOutcome> Engine::note_failure(const Error& error) {
  if (is_ours(error.code)) return tl::unexpected(error);
  ++failures_;
  return CheckOutcome{.kind = CheckKind::no_answer, .error = error};
}

Status Engine::keep(const CheckAnswer& answer) {
  const State& state = installation_->state();
  const Instant floor = std::max(state.time_floor, answer.newest_issued);
  if (state.versions == answer.versions && state.time_floor == floor) return {};
  return installation_->update([&](State& changed) {
    changed.versions = answer.versions;
    changed.time_floor = floor;
  });
}

CheckOutcome Engine::judge(const CheckAnswer& answer) {
  if (!answer.release) return {.kind = CheckKind::no_release};
  const ReleaseDescriptor& release = *answer.release;
  const State& state = installation_->state();
  protocol::release::DeviceFacts facts = config_.device;
  facts.id = secrets_.id;
  facts.channel = answer.channel;
  facts.channel_choice =
      state.channel.empty() ? protocol::release::ChannelChoice::built_in : protocol::release::ChannelChoice::chosen;
  const auto decision = decide(release.terms, answer.policy ? &*answer.policy : nullptr, answer.channels, facts, now());
  if (state.current && state.current->release == release.terms.id) return {.kind = CheckKind::up_to_date};
  // The bundle inside the app may be the release, or later than it.
  const BuiltInBundle& built_in = installation_->built_in();
  if (!state.current && (built_in.sequence >= release.sequence || built_in.tree.root() == release.tree.root))
    return {.kind = CheckKind::up_to_date};
  const bool waits = state.staged && state.staged->release == release.terms.id;
  const auto* waiting = answer.policy && state.staged ? answer.policy->find(state.staged->release) : nullptr;
  if (waiting != nullptr && waiting->halted) installation_->withdraw();
  if (!decision.is_eligible()) return {.kind = CheckKind::not_eligible, .verdict = decision.verdict};
  if (waits) return {.kind = CheckKind::waiting};
  if (state.is_bad(release.tree.root)) return {.kind = CheckKind::blocked};
  return {.kind = CheckKind::available, .release = release};
}

Result<CheckOutcome> Engine::check(const std::stop_token& stop) {
  const std::lock_guard one_at_a_time(network_);
  CheckRequest request{.app = config_.app, .channel = {}, .root = config_.root};
  std::map<std::string, std::uint64_t> known;
  {
    const std::lock_guard lock(mutex_);
    const State& state = installation_->state();
    request.channel = state.channel.empty() ? config_.device.channel : state.channel;
    request.now = now();
    known = state.versions;
    available_.reset();
  }
  auto answer = check_repository(fetcher_, installation_->store().vfs(), request, known, stop);
  const std::lock_guard lock(mutex_);
  if (!answer) return note_failure(answer.error());
  TRY_DO(keep(*answer));
  failures_ = 0;
  channel_ = answer->channel;
  CheckOutcome outcome = judge(*answer);
  available_ = outcome.release;
  collect_happenings();
  return outcome;
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
  auto report = install_release(source_of_trees(), fetcher_, *release, config_.ring, config_.install, progress, stop);
  const std::lock_guard lock(mutex_);
  installation_->hold_collection(false);
  if (!report) {
    is_full_ = report.error().code == Code::storage_full;
    if (!is_ours(report.error().code)) ++failures_;
    return report;  // never a reason to block the release: whoever sits on the network could bring it about
  }
  is_full_ = false;
  TRY_DO(installation_->stage(record_of(*release), conditions, config_.mode));
  available_.reset();
  installation_->collect();  // the parts, and trees that were only on the way
  collect_happenings();
  return report;
}

Status Engine::apply() {
  const std::lock_guard lock(mutex_);
  TRY_DO(installation_->activate());
  collect_happenings();
  return {};
}

std::chrono::milliseconds Engine::next_check(std::chrono::milliseconds period) const {
  const std::lock_guard lock(mutex_);
  if (is_full_) return std::max<std::chrono::milliseconds>(period, full_disk_pause);
  if (failures_ == 0) return period;
  std::random_device seed;
  std::uniform_real_distribution<double> share(0, 1);
  return Backoff{}.delay(failures_, share(seed), fetcher_.retry_after());
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

void Engine::reset() {
  const std::lock_guard lock(mutex_);
  installation_->reset();
  collect_happenings();
}

Status Engine::verify(const std::stop_token& stop) {
  const auto bundle = running();
  if (!bundle->record) return {};
  const Status sound = installation_->store().check_contents(bundle->record->root, stop);
  if (sound || sound.error().code == Code::cancelled) return sound;
  const std::lock_guard lock(mutex_);
  if (installation_->running() == bundle) installation_->report_damage();
  collect_happenings();
  return {};
}

Status Engine::choose_channel(const std::string& channel) {
  if (!channel.empty()) TRY_DO(protocol::release::check_channel_name(channel));
  const std::lock_guard lock(mutex_);
  return installation_->update([&](State& state) { state.channel = channel; });
}

std::vector<Happening> Engine::take_happenings() {
  const std::lock_guard lock(mutex_);
  return std::exchange(happenings_, {});
}

void Engine::collect_happenings() {
  for (Happening& happening : installation_->take_happenings()) {
    if (config_.sends_reports) queue_report(happening);
    happenings_.push_back(std::move(happening));
  }
}

// A report that cannot be written is one the server does not get: counting goes on without it.
void Engine::queue_report(const Happening& happening) {
  const auto event = event_of(happening);
  Vfs& vfs = installation_->store().vfs();
  const auto queued = vfs.list("reports");
  if (!event || !queued || queued->size() >= most_reports) return;
  if (!installation_->update([](State& state) { ++state.reports; })) return;
  DeviceReport report{.app = config_.app,
                      .channel = channel_.empty() ? config_.device.channel : channel_,
                      .release = happening.bundle.release,
                      .root = installation_->running()->tree.root(),
                      .event = *event,
                      .reason = happening.reason ? std::string(name_of(*happening.reason)) : std::string(),
                      .count = installation_->state().reports,
                      .at = std::chrono::floor<std::chrono::seconds>(now())};
  const auto body = sign_device_report(std::move(report), secrets_.report_key);
  if (body) (void)write_whole(vfs, "reports/" + std::to_string(installation_->state().reports), as_bytes(*body));
}

Status Engine::send_reports(const std::stop_token& stop) {
  const std::lock_guard one_at_a_time(network_);
  Vfs& vfs = installation_->store().vfs();
  TRY(auto names, vfs.list("reports"));
  std::ranges::sort(names,
                    [](const auto& a, const auto& b) { return std::pair(a.size(), a) < std::pair(b.size(), b); });
  for (const std::string& name : names) {
    const auto body = read_whole(vfs, "reports/" + name, largest_report);
    http::Request request;
    request.method = http::Method::post;
    request.url = fetcher_.url_of("reports");
    if (body) request.body.assign(as_text(*body));
    request.headers.set("Content-Type", "application/json");
    const auto response = body ? fetcher_.client().send(request, stop) : fail(Code::storage_failed);
    if (!response && response.error().code == Code::cancelled) return tl::unexpected(response.error());
    if (body && (!response || is_passing(response->status))) return {};  // later
    TRY_DO(vfs.remove("reports/" + name));
  }
  return {};
}

}  // namespace latchkey::update
