#include "identity/signals/status_lists.h"

namespace latchkey::identity {

std::optional<StatusLists::Served> StatusLists::find_served(std::int64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = served_.find(number);
  return found == served_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<http::CachedBody> StatusLists::find_fresh(std::int64_t number, Instant now) {
  const std::lock_guard lock(mutex_);
  const auto found = served_.find(number);
  if (found == served_.end()) return std::nullopt;
  Served& served = found->second;
  const bool is_fresh = served.looked_at <= now && now - served.looked_at < status_list_delay;
  if (!is_fresh) {
    served.looked_at = now;
    return std::nullopt;
  }
  return served.body;
}

void StatusLists::keep(std::int64_t number, Served served) {
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = served_.try_emplace(number, served);
  // Whoever began to read later saw more.
  if (!is_new && at->second.looked_at <= served.looked_at) at->second = std::move(served);
}

void StatusLists::forget(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  served_.erase(number);
}

Result<StatusLists::Served> StatusLists::sign(std::int64_t number, StatusList list, Instant now) const {
  protocol::StatusListClaims claims;
  claims.uri = status_reference(issuer_, number * statuses_in_a_list).uri;
  claims.issued_at = from_unix_seconds(to_unix_seconds(now));
  claims.expires_at = claims.issued_at + status_list_lifetime;
  claims.ttl = status_list_ttl;
  TRY(const std::string payload, print_status_list_claims(claims, list));
  const auto keys = keys_.current();
  TRY(const PublishedKey* key, keys->signing_at(now));
  TRY(const WipedString token, key->status_lists.sign(payload));
  // No cache on the way may add to the time a reader keeps its copy.
  auto body = http::CachedBody::create(std::string(token), "application/statuslist+jwt", std::chrono::seconds(0));
  return Served{std::move(body), std::move(list), now, now};
}

http::Task<Result<std::optional<http::CachedBody>>> StatusLists::find(std::int64_t number, Instant now) {
  if (auto fresh = find_fresh(number, now)) co_return fresh;
  auto look = [number](sql::Transaction& tx) { return find_status_list(tx, number); };
  auto list = co_await db_.read(look);
  if (!list || !*list) forget(number);  // after a failure the next one looks again
  if (!list) co_return tl::unexpected(list.error());
  if (!*list) co_return std::nullopt;

  const auto before = find_served(number);
  const bool is_signed =
      before && before->list == **list && before->signed_at <= now && now - before->signed_at < status_list_signed_for;
  if (is_signed) co_return before->body;
  CO_TRY(Served served, sign(number, **std::move(list), now));
  keep(number, served);
  co_return std::move(served.body);
}

}  // namespace latchkey::identity
