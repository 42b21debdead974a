#include "vault/desktop_signals.h"

#include <condition_variable>
#include <thread>

#include "vault/login_watch.h"

namespace latchkey::vault {

struct DesktopSignals::Inner {
  Inner(DesktopHandlers run_these, DesktopOptions with, std::unique_ptr<LoginWatch> first)
      : handlers(std::move(run_these)),
        options(std::move(with)),
        watch(std::move(first)),
        thread([this](const std::stop_token& stop) { run(stop); }) {}

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const Status ended = watch->run(handlers, stop);
      if (stop.stop_requested()) return;
      if (handlers.on_lost) handlers.on_lost(ended.error());
      find_again(stop);
    }
  }

  void find_again(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      auto found = LoginWatch::open(options, stop);
      if (found) {
        watch = *std::move(found);
        return;
      }
      std::mutex mutex;
      std::unique_lock hold(mutex);
      std::condition_variable_any().wait_for(hold, stop, options.retry_after, [] { return false; });
    }
  }

  DesktopHandlers handlers;
  DesktopOptions options;
  std::unique_ptr<LoginWatch> watch;
  std::jthread thread;  // last: it uses the rest
};

Result<std::unique_ptr<DesktopSignals>> DesktopSignals::watch(DesktopHandlers handlers, DesktopOptions options) {
  auto first = LoginWatch::open(options, {});
  if (!first && first.error().code == Code::presence_timeout)
    return fail(Code::temporarily_unavailable, "the login service does not answer");
  if (!first) return tl::unexpected(first.error());
  auto inner = std::make_unique<Inner>(std::move(handlers), std::move(options), *std::move(first));
  return std::unique_ptr<DesktopSignals>(new DesktopSignals(std::move(inner)));
}

DesktopSignals::DesktopSignals(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
DesktopSignals::~DesktopSignals() = default;

}  // namespace latchkey::vault
