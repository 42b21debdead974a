// A server of checkpoints in memory, which can be taken away, forget, or lose its answers: for tests of what a vault
// does with them. Its session is the record "latchkey/session": the name of the user, in clear.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "vault/checkpoint.h"

namespace latchkey::vault::testing {

struct CheckpointServer {
  std::mutex mutex;
  std::map<std::pair<std::string, VaultId>, AnchorCount> counts;  // of a user and a vault
  std::optional<Code> failure;                                    // instead of an answer
  int lost_answers = 0;                                           // of the next moves, which take place
  int calls = 0;
};

class MemoryCheckpoints final : public Checkpoints {
 public:
  explicit MemoryCheckpoints(std::shared_ptr<CheckpointServer> server) : server_(std::move(server)) {}

  Result<std::string> find_server(SessionRecords& records) override {
    TRY_DO(user_of(records));
    return std::string("https://id.example");
  }
  Result<AnchorCount> read(const CheckpointCall& call) override {
    TRY(const std::string user, user_of(call.records));
    const std::lock_guard hold(server_->mutex);
    TRY_DO(begin());
    const auto found = server_->counts.find({user, call.vault});
    if (found == server_->counts.end()) return fail(Code::key_missing);
    return found->second;
  }
  Result<AnchorCount> move(const CheckpointCall& call, AnchorCount to) override { return put(call, to, false); }
  Result<AnchorCount> make(const CheckpointCall& call, AnchorCount first) override { return put(call, first, true); }
  Status remove(const CheckpointCall& call) override {
    TRY(const std::string user, user_of(call.records));
    const std::lock_guard hold(server_->mutex);
    TRY_DO(begin());
    server_->counts.erase({user, call.vault});
    return {};
  }

 private:
  static Result<std::string> user_of(SessionRecords& records) {
    TRY(const auto record, records.find("latchkey/session"));
    if (!record) return fail(Code::login_required);
    return std::string(record->reveal_text());
  }
  Status begin() {
    ++server_->calls;
    if (server_->failure) return fail(*server_->failure);
    return {};
  }
  Result<AnchorCount> put(const CheckpointCall& call, AnchorCount to, bool may_make) {
    TRY(const std::string user, user_of(call.records));
    const std::lock_guard hold(server_->mutex);
    TRY_DO(begin());
    const auto found = server_->counts.find({user, call.vault});
    if (found == server_->counts.end() && !may_make) return fail(Code::key_missing);
    AnchorCount& count = server_->counts[{user, call.vault}];
    count = std::max(count, to);
    if (server_->lost_answers > 0 && server_->lost_answers-- > 0) return fail(Code::network_timeout);
    return count;
  }

  std::shared_ptr<CheckpointServer> server_;
};

}  // namespace latchkey::vault::testing
