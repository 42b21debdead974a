// A vault that is unlocked again and again by one process asks its checkpoint's server over a connection that it keeps.
// A server that closes it just then (idle for too long, restarted) must not look like one that cannot be reached.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "http/client/curl_client.h"
#include "protocol/vault_checkpoint.h"
#include "session/server_checkpoints.h"
#include "tests/support/sample_record.h"
#include "tests/support/scripted_server.h"
#include "tests/support/vault/seen_events.h"
#include "tests/support/vault/test_vaults.h"

namespace latchkey {
namespace {

using testing::lasting_reply;
using vault::testing::code_of;

std::string field_of(const std::string& request, std::string_view name) {
  const std::size_t at = request.find("\r\n" + std::string(name) + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

// Keeps a number as docs/formats/vault-checkpoint-v1.md says; when told to, it does what it is asked and closes the
// connection without a word.
class CounterThatHangsUp {
 public:
  std::string url() const { return server_.url(""); }
  void hang_up_on_next() { is_hanging_up_ = true; }
  int cut() const { return cut_; }
  std::vector<std::string> proofs() {
    const std::lock_guard hold(mutex_);
    return proofs_;
  }

 private:
  std::string answer(const std::string& request) {
    const std::lock_guard hold(mutex_);
    proofs_.push_back(field_of(request, "DPoP"));
    const std::string said = request.starts_with("PUT ") ? put(request) : get();
    if (!is_hanging_up_.exchange(false)) return said;
    ++cut_;
    return "";
  }
  std::string get() const {
    return counter_ == 0 ? problem("404 Not Found", {Code::not_found, {}}, std::nullopt)
                         : lasting_reply(protocol::print_checkpoint(counter_));
  }
  std::string put(const std::string& request) {
    const auto wanted = protocol::parse_checkpoint(request.substr(request.find("\r\n\r\n") + 4)).value();
    if (wanted <= counter_) return problem("409 Conflict", {Code::conflict, {}}, counter_);
    counter_ = wanted;
    return get();
  }
  static std::string problem(const std::string& status, const Error& error, std::optional<std::int64_t> counter) {
    std::string reply = lasting_reply(protocol::print_checkpoint_problem(std::stoi(status), "", error, counter));
    return "HTTP/1.1 " + status + "\r\nContent-Type: application/problem+json" + reply.substr(reply.find("\r\n"));
  }

  std::mutex mutex_;
  std::vector<std::string> proofs_;
  std::int64_t counter_ = 0;
  std::atomic<int> cut_ = 0;
  std::atomic<bool> is_hanging_up_ = false;
  testing::ScriptedServer server_{[this](const std::string& request) { return answer(request); }};
};

class KeptConnection : public ::testing::Test {
 protected:
  std::unique_ptr<vault::Vault> make() {
    vault::VaultParts parts = device.parts(folder.file());
    parts.checkpoints = std::make_unique<session::ServerCheckpoints>(
        http::CurlClient::create().value(), std::make_unique<session::NoRefreshLock>(), device.clock);
    auto made = vault::Vault::create(std::move(parts), vault::testing::with_slots({vault::SlotKind::in_memory}), {});
    session::SessionRecord record = testing::sample_record(device.clock.now());
    record.issuer = server.url();
    const WipedString text = print_session_record(record);
    EXPECT_TRUE((*made)->set("latchkey/session", vault::RecordValue::copy_of(std::string_view(text))));
    EXPECT_EQ(code_of((*made)->set_checkpoint(vault::CheckpointRule::required)), Code{});
    return *std::move(made);
  }

  vault::testing::TemporaryFolder folder;
  vault::testing::Device device;
  CounterThatHangsUp server;
};

TEST_F(KeptConnection, that_died_does_not_keep_the_vault_locked) {
  const auto vault = make();
  for (int i = 1; i <= 3; ++i) {
    vault->lock();
    server.hang_up_on_next();
    EXPECT_EQ(code_of(vault->unlock({})), Code{});
    EXPECT_EQ(server.cut(), i) << "the connection was kept";
    EXPECT_TRUE(vault->status()->checkpoint->is_verified);
  }
}

TEST_F(KeptConnection, that_died_loses_no_step_and_no_proof_goes_out_twice) {
  const auto vault = make();
  vault::testing::SeenEvents seen(*vault);
  ASSERT_TRUE(vault->set("a", vault::testing::value_of("told by itself")));
  ASSERT_TRUE(seen.wait_for_steps(1));
  ASSERT_TRUE(vault->set("a", vault::testing::value_of("told below")));
  server.hang_up_on_next();
  EXPECT_EQ(code_of(vault->checkpoint()), Code{}) << "the server had moved its number when it hung up";
  EXPECT_EQ(server.cut(), 1);
  EXPECT_FALSE(vault->status()->checkpoint->is_behind);
  std::vector<std::string> proofs = server.proofs();
  std::ranges::sort(proofs);
  EXPECT_EQ(std::ranges::adjacent_find(proofs), proofs.end());
  EXPECT_FALSE(proofs.front().empty());
}

}  // namespace
}  // namespace latchkey
