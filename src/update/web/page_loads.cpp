#include "update/web/page_loads.h"

#include <algorithm>

#include "base/hex.h"
#include "crypto/random.h"
#include "protocol/limits.h"

namespace latchkey::update::web {

PageLoad PageLoads::add(std::shared_ptr<const RunningBundle> bundle, LoadToken token, MonotonicTime at) {
  PageLoad load{to_hex(crypto::random_array<16>()), to_hex(crypto::random_array<16>()), std::move(bundle)};
  const std::lock_guard lock(mutex_);
  loads_.push_back({.load = load, .token = std::move(token), .begun = at});
  if (loads_.size() > protocol::limits::page_loads) loads_.pop_front();
  return load;
}

const PageLoads::Kept* PageLoads::find_kept(std::string_view id) const {
  const auto found = std::ranges::find_if(loads_, [&](const Kept& kept) { return kept.load.id == id; });
  return found == loads_.end() ? nullptr : &*found;
}

std::optional<PageLoad> PageLoads::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const Kept* const kept = find_kept(id);
  if (kept == nullptr) return std::nullopt;
  return kept->load;
}

std::shared_ptr<const RunningBundle> PageLoads::find_pinned(std::string_view pin) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(loads_, [&](const Kept& kept) { return kept.load.pin == pin; });
  return found == loads_.end() ? nullptr : found->load.bundle;
}

bool PageLoads::set_hidden(std::string_view id, bool is_hidden, const TreeRoot& running) {
  const std::lock_guard lock(mutex_);
  for (Kept& kept : loads_) {
    if (kept.load.id != id || kept.load.bundle->tree.root() != running) continue;
    kept.is_hidden = is_hidden;
    return true;
  }
  return false;
}

bool PageLoads::is_any_seen(const TreeRoot& running) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(
      loads_, [&](const Kept& kept) { return !kept.is_hidden && kept.load.bundle->tree.root() == running; });
}

void PageLoads::settle(std::string_view id) {
  const std::lock_guard lock(mutex_);
  for (Kept& kept : loads_) kept.is_settled = kept.is_settled || kept.load.id == id;
}

bool PageLoads::is_any_beginning(const TreeRoot& running, MonotonicTime at) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(loads_, [&](const Kept& kept) {
    return !kept.is_settled && at - kept.begun < protocol::limits::page_beginning &&
           kept.load.bundle->tree.root() != running;
  });
}

std::optional<LoadToken> PageLoads::take_token(std::string_view id) {
  const std::lock_guard lock(mutex_);
  for (Kept& kept : loads_)
    if (kept.load.id == id) return std::exchange(kept.token, std::nullopt);
  return std::nullopt;
}

}  // namespace latchkey::update::web
