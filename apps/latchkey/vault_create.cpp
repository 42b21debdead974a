#include "apps/latchkey/vault_create.h"

#include "http/client/curl_client.h"
#include "session/vault_token_store.h"

namespace latchkey::app {
namespace {

Status refuse_if_there(VaultAccess& access) {
  const auto there = access.open_existing();
  if (!there && there.error().code == Code::not_found) return {};
  return fail(Code::already_exists, "vault");
}

Result<std::unique_ptr<http::CurlClient>> make_http_client(const VaultFlags& flags) {
  http::CurlOptions options;
  if (!flags.ca_file.empty()) options.ca_file = flags.ca_file;
  return http::CurlClient::create(std::move(options));
}

Status move_in(vault::Vault& made, session::TokenStore& waiting_room) {
  TRY(const auto record, waiting_room.load());
  if (!record) return fail(Code::not_signed_in);
  return session::VaultTokenStore(made).save(*record);
}

}  // namespace

Result<OpenVault> create_signed_in(VaultAccess& access, const SignInFlags& flags, const vault::CreateOptions& options) {
  TRY_DO(check_issuer(flags.issuer));
  TRY(const session::SignInOptions sign_in_with, sign_in_options(flags));
  TRY_DO(refuse_if_there(access));
  TRY(const auto client, make_http_client(access.flags));
  session::MemoryTokenStore waiting_room;
  session::NoRefreshLock alone;
  TRY(const auto session,
      session::Session::create({flags.issuer, flags.client_id}, {*client, waiting_room, alone, access.clock()}));
  TRY_DO(sign_in(*session, flags, sign_in_with, access.console()));
  TRY(const auto file, access.file());
  TRY(vault::VaultParts parts, access.make_parts());
  TRY(auto checkpoints, make_checkpoints(file, access.flags.ca_file, access.clock()));
  session::ServerCheckpoints& asked = *checkpoints;
  parts.checkpoints = std::move(checkpoints);
  asked.use(session.get());
  TRY(auto made, vault::Vault::create(std::move(parts), options, access.prompt()));
  asked.use(nullptr);
  OpenVault vault(made.release());
  TRY_DO(move_in(*vault, waiting_room));
  tell_server(*vault);  // now, for the answer says how it stands
  return vault;
}

}  // namespace latchkey::app
