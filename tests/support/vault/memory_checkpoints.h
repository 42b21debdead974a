// A server of checkpoints in memory, which can be taken away, forget, hang, or lose its answers: for tests of what a
// vault does with them. Its session is the record "latchkey/session": the name of the user, in clear.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "vault/checkpoint.h"

namespace latchkey::vault::testing {

// What a server does instead of answering; nothing: it answers. A vault's worker asks it while a test changes it.
class ServerFailure final {
 public:
  ServerFailure& operator=(Code code) {
    code_ = static_cast<int>(code);
    return *this;
  }
  void reset() { code_ = none; }
  std::optional<Code> get() const {
    const int code = code_;
    return code == none ? std::nullopt : std::optional(static_cast<Code>(code));
  }

 private:
  static constexpr int none = -1;
  std::atomic<int> code_ = none;
};

struct CheckpointServer {
  std::mutex mutex;
  std::map<std::pair<std::string, VaultId>, AnchorCount> counts;  // of a user and a vault
  ServerFailure failure;
  std::atomic<int> lost_answers = 0;  // of the next moves, which take place
  std::atomic<int> calls = 0;

  // Until then who asks waits for an answer, or until their stop token is.
  void hang() {
    const std::lock_guard hold(mutex);
    is_hanging = true;
  }
  void go_on() {
    const std::lock_guard hold(mutex);
    is_hanging = false;
    changed.notify_all();
  }
  // Bounded. Whether so many are waiting for an answer.
  bool wait_for_callers(int wanted) {
    std::unique_lock hold(mutex);
    return changed.wait_for(hold, std::chrono::seconds(20), [&] { return waiting == wanted; });
  }

  std::condition_variable_any changed;
  bool is_hanging = false;
  int waiting = 0;  // under `mutex`
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
    std::unique_lock hold(server_->mutex);
    TRY_DO(begin(hold, call.stop));
    const auto found = server_->counts.find({user, call.vault});
    if (found == server_->counts.end()) return fail(Code::key_missing);
    return found->second;
  }
  Result<AnchorCount> move(const CheckpointCall& call, AnchorCount to) override { return put(call, to, false); }
  Result<AnchorCount> make(const CheckpointCall& call, AnchorCount first) override { return put(call, first, true); }
  Status remove(const CheckpointCall& call) override {
    TRY(const std::string user, user_of(call.records));
    std::unique_lock hold(server_->mutex);
    TRY_DO(begin(hold, call.stop));
    server_->counts.erase({user, call.vault});
    return {};
  }

 private:
  static Result<std::string> user_of(SessionRecords& records) {
    TRY(const auto record, records.find("latchkey/session"));
    if (!record) return fail(Code::login_required);
    return std::string(record->reveal_text());
  }
  Status begin(std::unique_lock<std::mutex>& hold, const std::stop_token& stop) {
    CheckpointServer& server = *server_;
    ++server.calls;
    if (server.is_hanging) {
      ++server.waiting;
      server.changed.notify_all();
      const bool has_answer = server.changed.wait(hold, stop, [&] { return !server.is_hanging; });
      --server.waiting;
      server.changed.notify_all();
      if (!has_answer) return fail(Code::cancelled);
    }
    if (const auto failure = server.failure.get()) return fail(*failure);
    return {};
  }
  Result<AnchorCount> put(const CheckpointCall& call, AnchorCount to, bool may_make) {
    TRY(const std::string user, user_of(call.records));
    std::unique_lock hold(server_->mutex);
    TRY_DO(begin(hold, call.stop));
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
