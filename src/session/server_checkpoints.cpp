#include "session/server_checkpoints.h"

#include "base/registers.h"
#include "protocol/oauth/resource_access.h"
#include "protocol/vault_checkpoint.h"

namespace latchkey::session {
namespace {

using vault::AnchorCount;
using vault::CheckpointCall;

// The session's record by way of the checkpoint, so that renewed tokens are stored before anybody uses them.
class LentTokenStore final : public TokenStore {
 public:
  LentTokenStore(vault::SessionRecords& records, const std::string& name) : records_(records), name_(name) {}

  Result<std::optional<SessionRecord>> load() override {
    TRY(const auto value, records_.find(name_));
    std::optional<SessionRecord> record;
    if (!value) return record;
    TRY(record, parse_session_record(value->reveal_text()));
    return record;
  }
  Status save(const SessionRecord& record) override {
    const WipedString text = print_session_record(record);
    return records_.put(name_, vault::RecordValue::copy_of(std::string_view(text)));
  }
  // A session that is over says so again; nothing of a vault that nobody opened yet is removed.
  Status erase() override { return {}; }
  std::shared_ptr<const void> observe_lock(std::function<void()>) override { return nullptr; }

 private:
  vault::SessionRecords& records_;
  const std::string& name_;
};

// Nobody is signed in there any more: the user has to.
Error as_login(const Error& error) {
  switch (error.code) {
    case Code::not_signed_in:
    case Code::invalid_grant:
    case Code::invalid_token:
      return {Code::login_required, "the session that the checkpoint is asked with is over"};
    default:
      return error;
  }
}

http::Request request_for(const CheckpointCall& call, http::Method method) {
  http::Request request;
  request.method = method;
  request.url = call.server + protocol::checkpoint_path(call.vault);
  return request;
}

bool is_problem(const http::Response& response) {
  return response.headers.find("Content-Type").value_or("").starts_with("application/problem+json");
}

// 404 only from who knows what was asked for: a proxy's page says nothing about the vault.
Error refusal_of(const http::Response& response) {
  if (response.status == 404 && is_problem(response))
    return {Code::key_missing, "the server keeps no checkpoint for this vault, user and app"};
  if (response.status == 401) return {Code::login_required, "the server does not take the session's token"};
  if (response.status == 403) return {Code::insufficient_scope, "checkpoints take the scope openid"};
  if (response.status == 409 && is_problem(response))
    return {Code::storage_full, "the server keeps no more checkpoints for this user"};
  return {Code::temporarily_unavailable, "the server answered " + std::to_string(response.status)};
}

Result<AnchorCount> count_of(const http::Response& response) {
  const auto counter = protocol::parse_checkpoint(response.body_text());
  if (!counter) return fail(Code::protocol_violation, "a checkpoint that is none");
  return static_cast<AnchorCount>(*counter);
}

bool is_token_refused_by(const http::Response& response) {
  return response.status == 401 &&
         response.headers.find("www-authenticate").value_or("").find("\"invalid_token\"") != std::string_view::npos;
}

}  // namespace

ServerCheckpoints::ServerCheckpoints(std::unique_ptr<http::Client> client, std::unique_ptr<RefreshLock> lock,
                                     const Clock& clock, std::string name)
    : client_(std::move(client)), lock_(std::move(lock)), clock_(clock), name_(std::move(name)) {}

Result<SessionRecord> ServerCheckpoints::find_record(vault::SessionRecords& records) {
  LentTokenStore store(records, name_);
  TRY(auto record, store.load());
  if (!record) return fail(Code::login_required, "nobody is signed in with this vault");
  return *std::move(record);
}

void ServerCheckpoints::use(Session* session) {
  const std::unique_lock alone(using_);
  session_ = session;
}

Result<std::optional<std::string>> ServerCheckpoints::find_server_elsewhere() {
  const std::shared_lock in_use(using_);
  if (session_ == nullptr) return std::optional<std::string>();
  const auto access = session_->access();
  if (!access) return tl::unexpected(as_login(access.error()));
  if (access->key == nullptr) return fail(Code::unsupported, "checkpoints take tokens that are bound to a key");
  return std::optional(access->record->issuer);
}

Result<std::string> ServerCheckpoints::find_server(vault::SessionRecords& records) {
  TRY(auto elsewhere, find_server_elsewhere());
  if (elsewhere) return *std::move(elsewhere);
  TRY(const SessionRecord record, find_record(records));
  if (!record.dpop_key) return fail(Code::unsupported, "checkpoints take tokens that are bound to a key");
  return record.issuer;
}

Result<AnchorCount> ServerCheckpoints::read(const CheckpointCall& call) {
  TRY(const http::Response response, send(call, request_for(call, http::Method::get)));
  if (response.status != 200) return tl::unexpected(refusal_of(response));
  return count_of(response);
}

Result<AnchorCount> ServerCheckpoints::put(const CheckpointCall& call, AnchorCount count, bool is_first) {
  if (count > static_cast<AnchorCount>(protocol::limits::checkpoint_counter))
    return fail(Code::vault_corrupted, "checkpoint: count");
  http::Request request = request_for(call, http::Method::put);
  request.headers.set("Content-Type", "application/json");
  if (is_first) request.headers.set("If-None-Match", "*");
  request.body = WipedString(protocol::print_checkpoint(static_cast<std::int64_t>(count)));
  TRY(const http::Response response, send(call, request));
  if (response.status == 200) return count_of(response);
  if (response.status != 409 && response.status != 412) return tl::unexpected(refusal_of(response));
  // Another process was faster, or the answer to this very request got lost.
  const auto stored = protocol::parse_checkpoint_problem(response.body_text());
  if (!stored) return fail(Code::protocol_violation, "a problem that is none");
  if (!*stored) return tl::unexpected(refusal_of(response));
  return static_cast<AnchorCount>(**stored);
}

Result<AnchorCount> ServerCheckpoints::move(const CheckpointCall& call, AnchorCount to) {
  TRY(const AnchorCount stored, put(call, to, false));
  if (stored < to) return fail(Code::protocol_violation, "a counter that does not grow");
  return stored;
}

Result<AnchorCount> ServerCheckpoints::make(const CheckpointCall& call, AnchorCount first) {
  TRY(const AnchorCount stored, put(call, first, true));
  return stored < first ? move(call, first) : stored;
}

Status ServerCheckpoints::remove(const CheckpointCall& call) {
  TRY(const http::Response response, send(call, request_for(call, http::Method::delete_)));
  if (response.status == 204) return {};
  return tl::unexpected(refusal_of(response));
}

Result<http::Response> ServerCheckpoints::send(const CheckpointCall& call, const http::Request& request) {
  const VectorRegisterGuard no_copies_in_registers;
  {
    const std::shared_lock in_use(using_);
    if (session_ != nullptr) return send_in(*session_, call, request);
  }
  return send_with_vault(call, request);
}

Result<http::Response> ServerCheckpoints::send_with_vault(const CheckpointCall& call, const http::Request& request) {
  TRY(const SessionRecord record, find_record(call.records));
  if (record.issuer != call.server)
    return fail(Code::login_required, "the session is with another server than the checkpoint");
  LentTokenStore store(call.records, name_);
  TRY(const auto session, Session::create({record.issuer, record.client_id}, {*client_, store, *lock_, clock_}));
  return send_in(*session, call, request);
}

Result<http::Response> ServerCheckpoints::send_in(Session& session, const CheckpointCall& call,
                                                  const http::Request& request) {
  const auto access = session.access(call.stop);
  if (!access) return tl::unexpected(as_login(access.error()));
  if (access->record->issuer != call.server)
    return fail(Code::login_required, "the session is with another server than the checkpoint");
  TRY(http::Response response, send_with(*access, call, request));
  if (!is_token_refused_by(response)) return response;
  const auto renewed = session.access_instead_of(access->record, call.stop);
  if (!renewed) return tl::unexpected(as_login(renewed.error()));
  return send_with(*renewed, call, request);
}

Result<http::Response> ServerCheckpoints::send_with(const Access& access, const CheckpointCall& call,
                                                    const http::Request& request) {
  if (access.key == nullptr) return fail(Code::unsupported, "checkpoints take tokens that are bound to a key");
  http::Request authorized = request;
  const SessionRecord& record = *access.record;
  authorized.headers.set("Authorization",
                         protocol::oauth::print_token_authorization(record.token_type, record.access_token));
  return access.key->send(*client_, std::move(authorized), record.access_token.reveal_text(), call.stop);
}

}  // namespace latchkey::session
