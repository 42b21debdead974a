// A checkpoint is a rollback anchor at a server: one number for each vault, which only grows, kept by the server that
// the vault's user is signed in at. Unlike a counter in a chip it is far away, sometimes not to be reached, and asked
// with tokens that lie in the vault itself. docs/decisions/0009 tells what it stops and what it does not.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "vault/key_store.h"
#include "vault/rollback_anchor.h"

namespace latchkey::vault {

using RecordValue = Secret<struct RecordValueTag>;

// What holds when the server does not answer. Numbers are part of the file format; the manifest vouches for them.
enum class CheckpointRule : std::uint8_t {
  required = 1,        // the vault stays locked
  when_reachable = 2,  // it opens, and says that nobody vouches for its age
};
std::string_view name_of(CheckpointRule rule);  // "required", "when-reachable"
Result<CheckpointRule> parse_checkpoint_rule(std::string_view name);

// The parameters of a vault's anchor, when that is a checkpoint: version(1) = 2 | rule(1) | server(1..126), in clear.
struct CheckpointPlace {
  CheckpointRule rule = CheckpointRule::required;
  std::string server;  // an issuer's address

  friend bool operator==(const CheckpointPlace&, const CheckpointPlace&) = default;
};
bool is_checkpoint(ByteView parameters);
// Fails: invalid_argument (an address of no or too many bytes).
Result<Bytes> print_checkpoint_place(const CheckpointPlace& place);
// Fails: vault_corrupted, future_version (another rule).
Result<CheckpointPlace> parse_checkpoint_place(ByteView parameters);

// The session's own records of a vault: all that a checkpoint sees of it, also before it has said that the vault may be
// opened. Other names are not there.
class SessionRecords {
 public:
  virtual ~SessionRecords() = default;
  virtual Result<std::optional<RecordValue>> find(std::string_view name) = 0;
  // Durable. Fails: permission_denied (another name).
  virtual Status put(std::string_view name, const RecordValue& value) = 0;
};

struct CheckpointCall {
  std::string server;
  VaultId vault;
  SessionRecords& records;
  std::stop_token stop =
      {};  // also when the vault locks or closes meanwhile; what waits for it must not call the vault
};

// Thread-safe; blocks for as long as a network takes, on the thread that unlocks or on the worker of an open vault, so
// it may renew what it asks with. Fails everywhere: login_required (no session at that server, or
// it is over: the user signs in again), key_missing (the server keeps none for this vault and user), cancelled, and
// when nothing is known: temporarily_unavailable and as http::Client.
class Checkpoints {
 public:
  virtual ~Checkpoints() = default;
  // The server that the user is signed in at. Fails also: unsupported (with tokens that no server takes for this).
  virtual Result<std::string> find_server(SessionRecords& records) = 0;
  virtual Result<AnchorCount> read(const CheckpointCall& call) = 0;
  // Durably. The count that is stored then: `to`, or a higher one, which stays.
  virtual Result<AnchorCount> move(const CheckpointCall& call, AnchorCount to) = 0;
  // As move(), and there may be none before. Fails also: storage_full (this user has too many).
  virtual Result<AnchorCount> make(const CheckpointCall& call, AnchorCount first) = 0;
  // Gone already is ok.
  virtual Status remove(const CheckpointCall& call) = 0;
};

// When the worker of an open vault tells its server of writes, and when it tries again after that failed.
struct CheckpointPace {
  std::chrono::milliseconds interval =
      std::chrono::minutes(1);       // between steps; an unlocking's first write waits for none
  std::uint64_t most_writes = 1024;  // so many do not wait, either
  std::chrono::milliseconds first_retry = std::chrono::seconds(2);  // twice as long each time, half of it by chance
  std::chrono::milliseconds longest_retry = std::chrono::minutes(5);
};

// Of a vault with a checkpoint.
struct CheckpointStatus {
  CheckpointPlace place;
  bool is_verified = false;           // the server vouched for this file since it was unlocked
  std::optional<Error> problem = {};  // why it did not, or why it was not told of the newest writes
  bool is_behind = false;             // the newest writes are not covered yet: checkpoint()
};

}  // namespace latchkey::vault
