#include "tests/support/update/simulation/simulated_device.h"

#include "tests/support/update/crash_states.h"

namespace latchkey::update::testing {
namespace {

using namespace std::chrono_literals;

constexpr int bad_sessions = 2;          // of a round, at most
constexpr int good_sessions = 8;         // afterwards: the try, and a crash loop's three starts
constexpr std::size_t most_asked = 120;  // requests of one check and download

class BundleContents final : public Contents {
 public:
  explicit BundleContents(const publish::Bundle& bundle) : bundle_(bundle) {}
  Status read(const FileEntry& file, std::uint64_t offset, MutableBytes to) override {
    for (const auto& one : bundle_.files())
      if (one.path == file.path) {
        std::copy_n(one.content.begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
        return {};
      }
    return fail(Code::not_found);
  }

 private:
  const publish::Bundle& bundle_;
};

// A newer root lets versions and time begin anew.
bool is_below(const Floor& now, const Floor& before) {
  const auto version = [](const Floor& floor, const char* role) {
    const auto found = floor.versions.find(role);
    return found == floor.versions.end() ? std::uint64_t{0} : found->second;
  };
  if (version(now, "root") != version(before, "root")) return version(now, "root") < version(before, "root");
  return version(now, "timestamp") < version(before, "timestamp") ||
         version(now, "snapshot") < version(before, "snapshot") || now.time < before.time;
}

}  // namespace

void SimulationTotals::add(const SimulationTotals& other) {
  using Self = SimulationTotals;
  for (auto count :
       {&Self::updates, &Self::in_faults, &Self::updated, &Self::broken_releases, &Self::survived, &Self::kept,
        &Self::sessions, &Self::requests, &Self::spoilt_answers, &Self::disk_errors, &Self::kills, &Self::power_cuts,
        &Self::clock_steps, &Self::unbootable, &Self::unsigned_trees, &Self::below_floor, &Self::endless})
    this->*count += other.*count;
  most_requests = std::max(most_requests, other.most_requests);
}

// Kept where the folder's fate does not reach; that place fails at times, too.
class SimulatedDevice::Copy final : public FloorCopy {
 public:
  explicit Copy(SimulatedDevice& device) : device_(device) {}
  Result<std::optional<Bytes>> load() override {
    if (fails()) return fail(Code::vault_locked);
    return bytes_;
  }
  Status save(ByteView floor) override {
    if (fails()) return fail(Code::vault_locked);
    bytes_ = Bytes(floor.begin(), floor.end());
    return {};
  }
  std::optional<Floor> floor() const { return bytes_ ? parse_floor(*bytes_).value() : std::optional<Floor>(); }

 private:
  bool fails() { return device_.vfs_->is_dead() || (device_.weather_ == Weather::bad && device_.lot_.percent(5)); }
  SimulatedDevice& device_;
  std::optional<Bytes> bytes_;
};

SimulatedDevice::SimulatedDevice(const History& history, unsigned seed)
    : history_(history),
      seed_(seed),
      lot_(seed),
      host_(history, lot_, time_),
      answer_faults_(lot_.one_of<std::size_t>({2, 10, 25, 50})),
      disk_faults_(lot_.one_of<std::size_t>({0, 10, 30, 60})),
      deaths_(lot_.one_of<std::size_t>({0, 10, 30})),
      mode_(lot_.one_of({ApplyMode::next_restart, ApplyMode::next_restart, ApplyMode::direct, ApplyMode::background})),
      has_small_ranges_(lot_.percent(50)),
      keeps_floor_(lot_.percent(50)),
      sends_reports_(lot_.percent(20)),
      memory_(std::make_unique<MemoryVfs>()) {
  if (keeps_floor_) floor_copy_ = std::make_unique<Copy>(*this);
}
SimulatedDevice::~SimulatedDevice() = default;

void SimulatedDevice::tell(const std::string& what) {
  faults_.push_back("seed " + std::to_string(seed_) + ", round " + std::to_string(round_->number) + ": " + what);
}

void SimulatedDevice::wrong(std::size_t& count, const std::string& what) {
  ++count;
  tell(what);
}

// The device's own time goes on rightly; what its clock shows may be wrong for some sessions.
void SimulatedDevice::set_clock(Weather weather) {
  const auto right =
      round_->begins + std::chrono::duration_cast<std::chrono::milliseconds>(time_.monotonic - round_began_);
  if (weather == Weather::good) return time_.wall.set(right);
  if (!lot_.percent(15)) return;
  ++totals_.clock_steps;
  time_.wall.set(lot_.one_of<Instant>(
      {right, right - 1h, right - 24h * 30, right + 24h * 2, right + 24h * 4000, from_unix_seconds(0)}));
}

DiskPlan SimulatedDevice::draw_disk(Weather weather) {
  if (weather == Weather::good) return {};
  const bool is_deadly = lot_.percent(deaths_);
  if (!is_deadly && !lot_.percent(disk_faults_)) return {};
  const std::size_t lasts = lot_.one_of<std::size_t>({1, 3, 1'000'000});
  return {.harm = is_deadly ? DiskHarm::killed : lot_.one_of({DiskHarm::failing, DiskHarm::unreadable, DiskHarm::full}),
          .at = lot_.between(1, lot_.one_of<std::size_t>({30, 100, 300})),
          .calls = lasts,
          .share = lot_.one_of({0.0, 0.5, 1.0})};
}

bool SimulatedDevice::open(Weather weather) {
  vfs_ = std::make_unique<FaultyVfs>(*memory_, draw_disk(weather));
  memory_->set_free_bytes(weather == Weather::bad && lot_.percent(disk_faults_ / 6) ? 1'000 : 1 << 30);
  const Mood mood = weather == Weather::bad && lot_.percent(15)
                        ? lot_.one_of({Mood::portal, Mood::old_mirror, Mood::foreign})
                        : Mood::usual;
  host_.begin({round_, vfs_.get(), weather == Weather::bad ? answer_faults_ : 0, mood});
  EngineConfig config;
  config.app = AppRepository::app;
  config.base_url = "http://127.0.0.1/updates/" + config.app;
  config.root = history_.root();
  config.built_at = history_.begins();
  config.device.platform = "android";
  config.ring.content_keys.push_back(content_key());
  config.mode = mode_;
  config.sends_reports = sends_reports_;
  config.floor_copy = floor_copy_.get();
  if (has_small_ranges_) config.install.download = {.largest_range = 1'500, .smallest_range = 300};
  config.pace = {.now = [this] { return time_.monotonic; },
                 .wait = [this](std::chrono::milliseconds time, const std::stop_token&) { time_.pass(time); },
                 .share = [this] { return lot_.share(); }};
  BuiltInBundle built_in{history_.built_in().tree(), std::make_unique<BundleContents>(history_.built_in()), 0};
  auto opened = Engine::open(*vfs_, std::move(built_in), host_, time_.wall, std::move(config));
  if (opened) engine_ = *std::move(opened);
  return opened.has_value();
}

// A process that was killed leaves what it did to the system; a power cut takes of it what was not synced.
void SimulatedDevice::close() {
  if (is_alive()) {
    ran_ = engine_->running()->tree.root();
    is_confirmed_ = engine_->state().phase == Phase::confirmed;
    for (const Happening& happening : engine_->take_happenings())
      if (happening.kind == HappeningKind::state_lost) wrong(totals_.unbootable, "the state was lost");
  }
  engine_.reset();
  totals_.disk_errors += vfs_->was_harmed() && !vfs_->is_dead() ? 1 : 0;
  if (!vfs_->is_dead()) {
    memory_ = std::make_unique<MemoryVfs>(beginning_ = memory_->image());
    return;
  }
  ++totals_.kills;
  if (!lot_.percent(50)) return;
  ++totals_.power_cuts;
  beginning_ = draw_crash_state(beginning_, memory_->journal(), lot_.one_of({Names::in_order, Names::any_subset}),
                                [this](std::size_t count) { return lot_.below(count); });
  memory_ = std::make_unique<MemoryVfs>(beginning_);
}

// Somebody, or the disk, changed files of the bundle that runs.
void SimulatedDevice::damage_files() {
  const auto running = engine_->running();
  if (!running->record) return;
  const auto& files = running->tree.files();
  const std::string path = blob_path(files[lot_.below(files.size())].sha256);
  if (lot_.percent(50))
    (void)memory_->remove(path);
  else if (auto file = memory_->open(path, OpenMode::write))
    (void)(*file)->truncate(lot_.below(2));
  (void)engine_->verify();
}

// The system cleared the app's caches.
void SimulatedDevice::forget_folder() {
  memory_ = std::make_unique<MemoryVfs>(beginning_ = Image{});
  floor_ = floor_copy_ && floor_copy_->floor() ? *floor_copy_->floor() : Floor{};
  if (!floor_copy_ || !floor_copy_->floor()) sequence_ = 0;
}

void SimulatedDevice::session(Weather weather) {
  weather_ = weather;
  checked_.reset();
  ++totals_.sessions;
  if (weather == Weather::bad && lot_.percent(1)) forget_folder();
  set_clock(weather);
  if (!open(weather)) {
    if (weather == Weather::good) wrong(totals_.unbootable, "the engine does not open");
    return close();
  }
  engine_->start();
  if (is_alive() && weather == Weather::bad && lot_.percent(1)) damage_files();
  const PageEnd page = is_alive() ? show_page(6) : PageEnd::died;
  if (page == PageEnd::stays) ask_host();
  if (is_alive() && page != PageEnd::died) look_at_running();
  if (is_alive() && page == PageEnd::stays) {
    if (lot_.percent(50)) engine_->went_to_background(time_.monotonic);
    engine_->ended(time_.monotonic);
  }
  close();
  time_.pass(page == PageEnd::died ? 20s : std::chrono::seconds(lot_.between(60, 4 * 3'600)));
}

bool SimulatedDevice::tell_ready(const LoadToken& token) {
  const bool is_ready = engine_->ready(token).has_value();
  if (!is_ready && !vfs_->was_harmed()) wrong(totals_.unbootable, "a page cannot say that it is ready");
  return is_ready;
}

SimulatedDevice::PageEnd SimulatedDevice::show_page(int loads_left) {
  const LoadToken token = engine_->begin_load(time_.monotonic);
  if (!is_alive()) return PageEnd::died;
  look_at_running();
  const auto* const known = history_.find(engine_->running()->tree.root());
  const Temper temper = known == nullptr ? Temper::good : known->temper;
  const auto load_again = [&] {
    if (!is_alive()) return PageEnd::died;
    return loads_left > 0 ? show_page(loads_left - 1) : PageEnd::stays;
  };
  time_.pass(1s);
  if (temper == Temper::crashes) {
    if (!lot_.percent(30)) return PageEnd::died;
    engine_->crashed();
    return load_again();
  }
  if (temper == Temper::never_ready) {
    engine_->poll(time_.monotonic);
    time_.pass(11s);
    engine_->poll(time_.monotonic);
    return load_again();
  }
  if (weather_ == Weather::bad && lot_.percent(1)) return PageEnd::died;
  if (weather_ == Weather::bad && lot_.percent(5)) {
    engine_->ended(time_.monotonic);
    return PageEnd::left;
  }
  (void)tell_ready(token);
  if (!is_alive()) return PageEnd::died;
  time_.pass(2s);
  if (temper == Temper::crashes_later) return PageEnd::died;
  time_.pass(31s);
  engine_->poll(time_.monotonic);
  return is_alive() ? PageEnd::stays : PageEnd::died;
}

// As the app does while it is open: again after a while, if it went wrong.
void SimulatedDevice::ask_host() {
  for (int tries = weather_ == Weather::bad ? 2 : 1; tries > 0 && is_alive(); --tries) {
    look_for_update();
    if (!is_alive()) return;
    const auto& running = *engine_->running();
    const auto* const known = history_.find(running.tree.root());
    if (engine_->state().phase == Phase::trial && known != nullptr && show_page(6) != PageEnd::stays) return;
    if (!is_alive() || is_up_to_date()) return;
    time_.pass(std::min<std::chrono::milliseconds>(engine_->next_check(15min), 6h));
  }
}

void SimulatedDevice::look_for_update() {
  const std::size_t before = host_.requests();
  const auto outcome = engine_->check();
  checked_ = outcome ? std::optional(outcome->kind) : std::nullopt;
  if (outcome && is_alive() && outcome->kind != CheckKind::no_answer) look_at_floor();
  if (outcome && is_alive() && outcome->release) {
    if (outcome->release->sequence < sequence_) wrong(totals_.below_floor, "an older release is offered");
    sequence_ = std::max(sequence_, outcome->release->sequence);
  }
  if (outcome && outcome->kind == CheckKind::available) (void)engine_->download();
  (void)engine_->send_reports();
  const std::size_t asked = host_.requests() - before;
  totals_.most_requests = std::max(totals_.most_requests, asked);
  if (asked > most_asked) wrong(totals_.endless, std::to_string(asked) + " requests");
}

void SimulatedDevice::look_at_floor() {
  const Floor now = floor_of(engine_->state());
  if (is_below(now, floor_)) wrong(totals_.below_floor, "below what was known");
  floor_ = now;
}

// It was published by now, it is whole, and it is none that failed here.
void SimulatedDevice::look_at_running() {
  const auto running = engine_->running();
  const auto* const known = history_.find(running->tree.root());
  if (known == nullptr || known->version > round_->number)
    return wrong(totals_.unsigned_trees, "runs what nobody signed");
  if (engine_->state().is_bad(running->tree.root()) && running->record)
    wrong(totals_.unsigned_trees, "runs what failed");
  for (const auto& file : known->bundle->files()) {
    const auto bytes = engine_->read(*running, file.path);
    if (!bytes && vfs_->was_harmed()) continue;
    if (!bytes) return wrong(totals_.unbootable, "a file cannot be read: " + to_string(bytes.error()));
    if (*bytes != file.content) return wrong(totals_.unsigned_trees, "a file holds something else");
  }
}

bool SimulatedDevice::is_up_to_date() const {
  const auto* const wanted = ran_ ? history_.find(*ran_) : nullptr;
  return wanted != nullptr && wanted->version == round_->version && is_confirmed_;
}

// The broken release was tried here, and what works runs.
bool SimulatedDevice::has_given_up() const {
  const auto* const known = ran_ ? history_.find(*ran_) : nullptr;
  return checked_ == CheckKind::blocked && known != nullptr && known->temper == Temper::good;
}

void SimulatedDevice::live_through(const Round& round) {
  round_ = &round;
  round_began_ = time_.monotonic;
  const auto before = ran_;
  const bool is_good = round.temper == Temper::good;
  bool is_in_faults = false;
  const std::size_t requests = host_.requests(), spoilt = host_.faults();
  for (int i = 0; i < bad_sessions && !is_in_faults; ++i) {
    session(Weather::bad);
    is_in_faults = is_good && is_up_to_date();
  }
  int left = good_sessions;
  while (left > 0 && !(is_good ? is_up_to_date() : has_given_up())) {
    session(Weather::good);
    --left;
  }
  totals_.requests += host_.requests() - requests;
  totals_.spoilt_answers += host_.faults() - spoilt;
  if (is_good) {
    ++totals_.updates;
    totals_.in_faults += is_in_faults ? 1 : 0;
    totals_.updated += is_up_to_date() ? 1 : 0;
    if (!is_up_to_date()) tell("not updated");
    return;
  }
  ++totals_.broken_releases;
  totals_.survived += has_given_up() ? 1 : 0;
  totals_.kept += ran_ == before ? 1 : 0;
  if (!has_given_up()) tell("does not run what works");
}

}  // namespace latchkey::update::testing
