#include "http/server/ticket_keys.h"

#include <algorithm>

#include "crypto/random.h"

namespace latchkey::http {
namespace {

constexpr std::chrono::hours lifetime{1};

std::shared_ptr<const TicketKey> make_key() {
  return std::make_shared<const TicketKey>(TicketKey{.name = crypto::random_array<16>(),
                                                     .cipher_key = crypto::random_secret<struct TicketCipherKeyTag>(32),
                                                     .mac_key = crypto::random_secret<struct TicketMacKeyTag>(32)});
}

}  // namespace

void TicketKeys::rotate(Time now) {
  if (current_ && now - made_ < lifetime) return;
  previous_ = current_ && now - made_ < 2 * lifetime ? current_ : nullptr;
  current_ = make_key();
  made_ = now;
}

std::shared_ptr<const TicketKey> TicketKeys::current(Time now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  return current_;
}

std::shared_ptr<const TicketKey> TicketKeys::find(ByteView name, Time now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  for (const auto& key : {current_, previous_})
    if (key && std::equal(name.begin(), name.end(), key->name.begin(), key->name.end())) return key;
  return nullptr;
}

}  // namespace latchkey::http
