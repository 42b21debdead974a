// The checkpoints of a vault (vault/checkpoint.h) at the identity server that the vault's session is with: asked with
// that session's bound access token, over the protocol of docs/formats/vault-checkpoint-v1.md.
#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>

#include "http/client.h"
#include "session/refresh_lock.h"
#include "session/session.h"
#include "vault/checkpoint.h"

namespace latchkey::session {

class ServerCheckpoints final : public vault::Checkpoints {
 public:
  // `clock` outlives it. `lock` is that of the sessions on this vault; `name` their record. A client with short
  // timeouts: unlocking waits for it.
  ServerCheckpoints(std::unique_ptr<http::Client> client, std::unique_ptr<RefreshLock> lock, const Clock& clock,
                    std::string name = "latchkey/session");

  // From now on the tokens of this session are used, not those in the vault: for a vault that stays locked because its
  // own session is over, until the user has signed in again into a store in memory; or for one that is made. Null:
  // those in the vault. Returns when nobody asks with the one before any more, not even a vault's worker; so not from
  // an observer of that session. `session` outlives its use.
  void use(Session* session);

  Result<std::string> find_server(vault::SessionRecords& records) override;
  Result<vault::AnchorCount> read(const vault::CheckpointCall& call) override;
  Result<vault::AnchorCount> move(const vault::CheckpointCall& call, vault::AnchorCount to) override;
  Result<vault::AnchorCount> make(const vault::CheckpointCall& call, vault::AnchorCount first) override;
  Status remove(const vault::CheckpointCall& call) override;

 private:
  Result<http::Response> send(const vault::CheckpointCall& call, const http::Request& request);
  Result<std::optional<std::string>> find_server_elsewhere();
  Result<http::Response> send_with_vault(const vault::CheckpointCall& call, const http::Request& request);
  Result<http::Response> send_in(Session& session, const vault::CheckpointCall& call, const http::Request& request);
  Result<http::Response> send_with(const Access& access, const vault::CheckpointCall& call,
                                   const http::Request& request);
  Result<vault::AnchorCount> put(const vault::CheckpointCall& call, vault::AnchorCount count, bool is_first);
  Result<SessionRecord> find_record(vault::SessionRecords& records);

  std::unique_ptr<http::Client> client_;
  std::unique_ptr<RefreshLock> lock_;
  const Clock& clock_;
  std::string name_;
  std::shared_mutex using_;     // held by who asks with `session_`
  Session* session_ = nullptr;  // guarded by `using_`
};

}  // namespace latchkey::session
