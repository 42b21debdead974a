#include "identity/signals/delivery_worker.h"

#include <condition_variable>
#include <mutex>

#include "base/log.h"

namespace latchkey::identity {
namespace {

void wait(const std::stop_token& stop, std::chrono::milliseconds pause) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, pause, [] { return false; });
}

void work(const std::stop_token& stop, const DeliveryWorker::Round& round, std::chrono::milliseconds pause) {
  while (!stop.stop_requested()) {
    const auto delivered = round(stop);
    if (!delivered) log::warning("ends of sessions could not be looked up", {{"error", delivered.error()}});
    if (!delivered || *delivered == 0) wait(stop, pause);
  }
}

}  // namespace

DeliveryWorker::DeliveryWorker(Round round, std::chrono::milliseconds pause)
    : thread_([round = std::move(round), pause](const std::stop_token& stop) { work(stop, round, pause); }) {}

}  // namespace latchkey::identity
