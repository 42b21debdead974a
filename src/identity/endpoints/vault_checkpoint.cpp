// GET, PUT and DELETE /v1/vaults/{id}/checkpoint: how far one of the signed-in user's vaults has come, for the app that
// keeps it. Only with a token bound to a device key: whoever moves the number forward without having the vault makes
// its file look old.
#include "protocol/vault_checkpoint.h"

#include "identity/checkpoints/checkpoint_store.h"
#include "identity/checks/access_token_check.h"
#include "identity/endpoints/oauth_answers.h"
#include "identity/endpoints/oauth_service.h"
#include "protocol/oauth/error_response.h"

namespace latchkey::identity {
namespace {

using protocol::CheckpointVaultId;

http::Response checkpoint_problem(int status, const Error& error, std::optional<std::int64_t> counter = std::nullopt) {
  auto response = private_json(
      status, WipedString(protocol::print_checkpoint_problem(status, http::reason_of(status), error, counter)));
  response.headers.set("Content-Type", "application/problem+json");
  return response;
}

http::Response missing_checkpoint() {
  return checkpoint_problem(404, {Code::not_found, "no checkpoint is kept for this vault, user and app"});
}

http::Response print_change(const CheckpointChange& change) {
  switch (change.outcome) {
    case CheckpointOutcome::stored:
      return private_json(200, WipedString(protocol::print_checkpoint(change.counter)));
    case CheckpointOutcome::not_above:
      return checkpoint_problem(409, {Code::conflict, "the counter is not above the stored one"}, change.counter);
    case CheckpointOutcome::already_there:
      return checkpoint_problem(412, {Code::already_exists, "there is a checkpoint for this vault"}, change.counter);
    case CheckpointOutcome::missing:
      return missing_checkpoint();
    case CheckpointOutcome::too_many:
      return checkpoint_problem(409, {Code::storage_full, "this user has no room for another vault of this app"});
    case CheckpointOutcome::too_often:
      break;
  }
  return ask_to_wait(std::max(std::chrono::seconds(1), std::chrono::ceil<std::chrono::seconds>(change.wait)));
}

http::Task<Result<CheckpointOwner>> check_owner(OAuthService& service, const http::Request& request, Instant now) {
  const std::string url = service.url_of(request.path);
  CO_TRY(const auto token, co_await check_access_token(service, request, url, "openid", now));
  if (token->key_thumbprint.empty())
    co_return fail(Code::invalid_token, "this resource takes tokens that are bound to a key");
  co_return CheckpointOwner{UserId(token->subject), ClientId(token->client_id)};
}

using CheckpointAnswer = http::Task<Result<http::Response>>;

CheckpointAnswer look_up(OAuthService& service, CheckpointOwner owner, CheckpointVaultId vault) {
  auto look = [&](sql::Transaction& tx) { return find_checkpoint(tx, owner, vault); };
  CO_TRY(const auto counter, co_await service.db.read(look));
  if (!counter) co_return missing_checkpoint();
  co_return private_json(200, WipedString(protocol::print_checkpoint(*counter)));
}

CheckpointAnswer put(OAuthService& service, const http::Request& request, CheckpointOwner owner,
                     CheckpointVaultId vault, Instant now) {
  const auto counter = protocol::parse_checkpoint(request.body);
  if (!counter)
    co_return checkpoint_problem(400, {Code::invalid_format, "the body is {\"counter\":N}, a whole number from 1"});
  const auto condition = request.headers.find("If-None-Match");
  if (condition && *condition != "*")
    co_return checkpoint_problem(400, {Code::invalid_request, "If-None-Match can only be *"});
  auto work = [&](sql::Transaction& tx) {
    return condition ? make_checkpoint(tx, owner, vault, *counter, now)
                     : move_checkpoint(tx, owner, vault, *counter, now);
  };
  CO_TRY(const auto change, co_await service.db.write(work));
  co_return print_change(change);
}

CheckpointAnswer drop(OAuthService& service, CheckpointOwner owner, CheckpointVaultId vault, Instant now) {
  auto work = [&](sql::Transaction& tx) { return drop_checkpoint(tx, owner, vault, now); };
  CO_TRY(const auto change, co_await service.db.write(work));
  if (change.outcome != CheckpointOutcome::stored) co_return print_change(change);
  co_return http::empty_response(204);
}

CheckpointAnswer answer_owner(OAuthService& service, const http::Request& request, CheckpointVaultId vault,
                              Instant now) {
  CO_TRY(const auto owner, co_await check_owner(service, request, now));
  switch (request.method) {
    case http::Method::put:
      co_return co_await put(service, request, owner, vault, now);
    case http::Method::delete_:
      co_return co_await drop(service, owner, vault, now);
    default:
      co_return co_await look_up(service, owner, vault);
  }
}

}  // namespace

http::Task<http::Response> answer_vault_checkpoint(OAuthService& service, const http::Request& request) {
  const auto vault = protocol::parse_checkpoint_path(request.path);
  if (!vault) co_return missing_checkpoint();
  const Instant now = service.clock.now();
  auto answered = co_await answer_owner(service, request, *vault, now);
  if (!answered) co_return refuse_token(answered.error(), protocol::oauth::TokenType::dpop, service.dpop);
  offer_nonce(*answered, service.dpop);
  co_return *std::move(answered);
}

}  // namespace latchkey::identity
