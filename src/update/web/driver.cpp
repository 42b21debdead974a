#include "update/web/driver.h"

namespace latchkey::update::web {

std::string_view name_of(Activity activity) {
  constexpr std::array<std::string_view, 4> names{"idle", "checking", "downloading", "verifying"};
  return names.at(static_cast<std::size_t>(activity));
}

Driver::Driver(Engine& engine, DriverOptions options)
    : engine_(engine),
      options_(std::move(options)),
      due_(options_.mode == ApplyMode::manual ? std::nullopt : std::optional(std::chrono::steady_clock::now())),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Driver::~Driver() = default;

void Driver::wish(Wish wish) {
  const std::lock_guard lock(mutex_);
  wishes_ |= static_cast<unsigned>(wish);
  wakes_.notify_all();
}

WorkNote Driver::note() const {
  const std::lock_guard lock(mutex_);
  return note_;
}

void Driver::set(Activity activity) {
  const std::lock_guard lock(mutex_);
  note_.activity = activity;
  note_.done = 0;
}

unsigned Driver::wait(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto is_wished = [this] { return wishes_ != 0; };
  if (due_)
    wakes_.wait_until(lock, stop, *due_, is_wished);
  else
    wakes_.wait(lock, stop, is_wished);
  unsigned wishes = std::exchange(wishes_, 0U);
  if (due_ && *due_ <= std::chrono::steady_clock::now()) wishes |= static_cast<unsigned>(Wish::check);
  return wishes;
}

void Driver::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const unsigned wishes = wait(stop);
    const auto is_wished = [wishes](Wish wish) { return (wishes & static_cast<unsigned>(wish)) != 0; };
    if (stop.stop_requested()) return;
    if (is_wished(Wish::verify)) verify(stop);
    if (is_wished(Wish::check)) check(stop);
    if (is_wished(Wish::apply)) apply(stop);
    if (options_.sends_reports) (void)engine_.send_reports(stop);
    set(Activity::idle);
  }
}

void Driver::check(const std::stop_token& stop) {
  set(Activity::checking);
  auto outcome = engine_.check(stop);
  is_available_ = outcome && outcome->kind == CheckKind::available;
  {
    const std::lock_guard lock(mutex_);
    ++note_.checks;
    if (outcome)
      note_.outcome = *outcome;
    else
      note_.error = outcome.error();
  }
  if (is_available_ && options_.mode != ApplyMode::manual) download(stop);
  if (due_) due_ = std::chrono::steady_clock::now() + engine_.next_check(options_.period);
}

void Driver::note_error(const Status& done) {
  const std::lock_guard lock(mutex_);
  if (done)
    note_.error.reset();
  else
    note_.error = done.error();
}

void Driver::download(const std::stop_token& stop) {
  set(Activity::downloading);
  const auto progress = [this](std::uint64_t done) {
    const std::lock_guard lock(mutex_);
    note_.done = done;
  };
  const auto installed = engine_.download(options_.conditions, progress, stop);
  is_available_ = is_available_ && !installed;
  note_error(installed ? Status() : tl::unexpected(installed.error()));
  if (!installed) return;
  const std::lock_guard lock(mutex_);
  note_.installed = *installed;
}

void Driver::apply(const std::stop_token& stop) {
  if (!engine_.state().staged && is_available_) {
    download(stop);
    if (is_available_) return;  // it did not arrive
  }
  note_error(engine_.apply());
}

void Driver::verify(const std::stop_token& stop) {
  set(Activity::verifying);
  note_error(engine_.verify(stop));
}

}  // namespace latchkey::update::web
