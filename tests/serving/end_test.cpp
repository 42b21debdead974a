// Row 67 of the security catalogue: SIGTERM while commits are under way. What was acknowledged before is there after a
// restart; what was not is cut, and can be asked for again.
#include <atomic>
#include <compare>
#include <thread>

#include "sql/sqlite_database.h"
#include "tests/serving/serving.h"

namespace latchkey::tests {
namespace {

constexpr int rounds = 12;
constexpr std::size_t sessions = 4;
constexpr std::size_t revoked_a_round = 12;

struct Generation {
  std::int64_t number = -1, attempt = -1;
  auto operator<=>(const Generation&) const = default;
};

class End : public ServingTest {
 protected:
  // Each asks for the next token until no answer comes any more.
  void refresh_until_the_end(std::size_t session) {
    const auto client = make_client();
    for (;;) {
      const TokenReply reply = refresh(*client, tokens_[session]);
      if (reply.status != 200) return;
      tokens_[session] = reply.refresh_token;
      ++acknowledged_;
    }
  }
  void revoke_until_the_end(const std::vector<std::string>& tokens) {
    const auto client = make_client();
    for (const std::string& token : tokens) {
      if (!revoke(*client, token)) return;
      revoked_.push_back(token);
      ++acknowledged_;
    }
  }

  // SIGTERM after about so many answers; the exit code.
  int end_in_the_middle(int answers, const std::vector<std::string>& to_revoke) {
    acknowledged_ = 0;
    std::vector<std::thread> clients;
    for (std::size_t session = 0; session < sessions; ++session)
      clients.emplace_back([this, session] { refresh_until_the_end(session); });
    clients.emplace_back([&] { revoke_until_the_end(to_revoke); });
    while (acknowledged_ < answers) std::this_thread::yield();
    server_->terminate();
    for (std::thread& client : clients) client.join();
    return server_->wait();
  }

  // As the file says while no server runs.
  Generation stored_generation(std::string_view token) const {
    const auto db = sql::open_sqlite({.file = options_.data / "latchkey.db"});
    if (!db) return {};
    const auto family = identity::parse_refresh_token(token)->family;
    auto look = [&](sql::Transaction& tx) -> Result<Generation> {
      TRY(const auto rows, tx.query("SELECT gen, att FROM families WHERE id = $1", family));
      if (rows.is_empty()) return Generation{};
      TRY(auto columns, (rows[0].as<std::int64_t, std::int64_t>()));
      return Generation{std::get<0>(columns), std::get<1>(columns)};
    };
    return (*db)->read(look).get().value_or(Generation{});
  }
  static Generation generation_of(std::string_view token) {
    const auto parsed = identity::parse_refresh_token(token);
    return {parsed->token.generation, parsed->token.attempt};
  }

  std::vector<std::string> tokens_;
  std::vector<std::string> revoked_;
  std::atomic<int> acknowledged_ = 0;
};

TEST_F(End, row_67_what_was_acknowledged_before_sigterm_is_there_after_it) {
  ASSERT_TRUE(start());
  ASSERT_NO_FATAL_FAILURE(become_admin());
  for (std::size_t i = 0; i < sessions; ++i) tokens_.push_back(sign_in_app());
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::string> to_revoke;
    for (std::size_t i = 0; i < revoked_a_round; ++i) to_revoke.push_back(sign_in_app());
    EXPECT_EQ(end_in_the_middle(5 + round * 7, to_revoke), 0);
    for (const std::string& token : tokens_)
      EXPECT_GE(stored_generation(token), generation_of(token)) << "an answer was given, and its commit is lost";
    ASSERT_TRUE(start());
    for (std::string& token : tokens_) {
      const TokenReply reply = refresh(*http_, token);
      ASSERT_EQ(reply.status, 200) << "nobody is signed out by a restart: " << reply.error;
      token = reply.refresh_token;
    }
    for (const std::string& token : revoked_) {
      const TokenReply reply = refresh(*http_, token);
      EXPECT_EQ(reply.error, "invalid_grant") << reply.status;
    }
    revoked_.clear();
  }
}

// A request that the server has begun to read: it has asked for the body.
class HeldRequest final {
 public:
  explicit HeldRequest(int port) : socket_(connect(port)) {
    const timeval patience{.tv_sec = 30, .tv_usec = 0};  // a hang fails the test instead of stopping it
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    send("POST /token HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
         "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    char buffer[64] = {};
    is_held_ = ::recv(socket_, buffer, sizeof buffer, 0) > 0 && std::string_view(buffer).starts_with("HTTP/1.1 100");
  }
  ~HeldRequest() { ::close(socket_); }
  HeldRequest(const HeldRequest&) = delete;
  HeldRequest& operator=(const HeldRequest&) = delete;

  bool is_held() const { return is_held_; }
  // Sends the body: all that comes until the server closes.
  std::string finish() const {
    send("a=b");
    std::string answer;
    char buffer[2048];
    for (ssize_t got = 0; (got = ::recv(socket_, buffer, sizeof buffer, 0)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(got));
    return answer;
  }

  // -1 when nobody listens.
  static int connect(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
    ::close(socket);
    return -1;
  }

 private:
  void send(std::string_view text) const {
    EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  int socket_;
  bool is_held_ = false;
};

// Whether it has stopped to listen.
bool wait_until_draining(int port) {
  for (int looks = 0; looks < 10'000; ++looks) {
    const int socket = HeldRequest::connect(port);
    if (socket < 0) return true;
    ::close(socket);
    std::this_thread::yield();
  }
  return false;
}

TEST_F(End, row_67_a_second_sigterm_changes_nothing) {
  ASSERT_TRUE(start());
  const HeldRequest request(options_.port);
  ASSERT_TRUE(request.is_held());
  server_->terminate();
  ASSERT_TRUE(wait_until_draining(options_.port));
  server_->terminate();
  const std::string answer = request.finish();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 401")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_EQ(server_->wait(), 0);
}

}  // namespace
}  // namespace latchkey::tests
