// Refreshes by separate processes on one SQLite file, which are killed with -9 at random moments while answers get
// lost: no session may end, and concurrent uses of one token must get the same successor.
//   LATCHKEY_CRASH_KILLS=5000 serving_tests --gtest_filter='RefreshCrash.*'
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <set>

#include "tests/support/databases.h"
#include "tests/support/families.h"

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t token_size = 66;

struct Question {
  std::int64_t now;
  char token[token_size];
};
struct Reply {
  char kind;  // '+' granted, '-' refused, '?' nothing decided
  char token[token_size];
};

RotationPolicy patient() {
  RotationPolicy policy;
  policy.max_attempts = 250;  // nearly half of all answers are lost here
  return policy;
}

Reply answer(sql::Database& db, const Question& question, const RefreshTokenKeys& keys) {
  const RefreshRequest request{.token = *parse_refresh_token({question.token, token_size}),
                               .client = ClientId("app"),
                               .proven_thumbprint = {},
                               .scope = {},
                               .resource = {}};
  const auto policy = patient();
  auto work = [&](sql::Transaction& tx) {
    return refresh_family(tx, request, keys, policy, from_unix_millis(question.now));
  };
  const auto granted = db.write(work).get();
  Reply reply{};
  if (!granted) {
    reply.kind = '?';
  } else if (!*granted) {
    reply.kind = '-';
  } else {
    reply.kind = '+';
    keys.issue((*granted)->family, (*granted)->token).copy(reply.token, token_size);
  }
  return reply;
}

[[noreturn]] void serve(int socket, const std::filesystem::path& file) {
  const auto keys = tests::refresh_token_keys();
  auto db = sql::open_sqlite({.file = file});
  if (!db) _exit(3);
  for (Question question; ::read(socket, &question, sizeof question) == ssize_t{sizeof question};) {
    const Reply reply = answer(**db, question, keys);
    if (::write(socket, &reply, sizeof reply) != ssize_t{sizeof reply}) break;
  }
  _exit(0);
}

// A server process that can be asked and killed.
class Worker {
 public:
  void start(const std::filesystem::path& file) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      serve(ends[1], file);
    }
    ::close(ends[1]);
    socket_ = ends[0];
  }
  bool is_running() const { return pid_ > 0; }
  void ask(const Question& question) {
    waiting_ += ::send(socket_, &question, sizeof question, MSG_NOSIGNAL) == ssize_t{sizeof question} ? 1 : 0;
  }
  // What was answered before the process died.
  std::vector<Reply> collect() {
    std::vector<Reply> replies;
    for (Reply reply; waiting_ > 0; --waiting_) {
      pollfd ready{socket_, POLLIN, 0};
      if (::poll(&ready, 1, 20'000) != 1 || ::read(socket_, &reply, sizeof reply) != ssize_t{sizeof reply}) break;
      replies.push_back(reply);
    }
    waiting_ = 0;
    return replies;
  }
  void kill() { ::kill(pid_, SIGKILL); }
  void bury() {
    if (pid_ <= 0) return;
    kill();
    ::waitpid(pid_, nullptr, 0);
    ::close(socket_);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  int socket_ = -1;
  int waiting_ = 0;
};

struct Tally {
  int kills = 0, steps = 0, refused = 0, forks = 0, lost = 0, unanswered = 0;
};

class Trial {
 public:
  Trial(std::filesystem::path file, WipedString token) : file_(std::move(file)), token_(std::move(token)) {}
  ~Trial() {
    for (auto& worker : workers_) worker.bury();
  }

  void step() {
    ++tally_.steps;
    now_ += chance(20) ? 10min : chance(30) ? 3min : 1s;
    for (auto& worker : workers_)
      if (!worker.is_running()) worker.start(file_);
    Question question{to_unix_millis(now_), {}};
    token_.copy(question.token, token_size);
    const int uses = pick(1, 6);
    const auto at = static_cast<std::size_t>(pick(0, 2));
    for (int use = 0; use < uses; ++use) workers_[(at + static_cast<std::size_t>(use)) % workers_.size()].ask(question);
    Worker* victim = chance(45) ? &workers_[at] : nullptr;
    if (victim != nullptr) {
      ::usleep(static_cast<useconds_t>(pick(0, 5000)));  // a random moment, not a wait for anything
      victim->kill();
      ++tally_.kills;
    }
    take_replies();
    if (victim != nullptr) victim->bury();
  }
  const Tally& tally() const { return tally_; }

 private:
  void take_replies() {
    std::set<WipedString> successors;
    std::optional<WipedString> received;
    for (auto& worker : workers_)
      for (const Reply& reply : worker.collect()) {
        if (reply.kind == '?') ++tally_.unanswered;
        if (reply.kind == '-') ++tally_.refused;
        if (reply.kind != '+') continue;
        const WipedString successor(reply.token, token_size);
        successors.insert(successor);
        if (chance(30))
          ++tally_.lost;
        else
          received = successor;
      }
    if (successors.size() > 1) ++tally_.forks;
    if (received) token_ = *received;
  }
  int pick(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }
  bool chance(int percent) { return pick(1, 100) <= percent; }

  std::filesystem::path file_;
  WipedString token_;
  Instant now_ = tests::start;
  std::array<Worker, 3> workers_;
  std::mt19937 random_{20'260'101};
  Tally tally_;
};

TEST(RefreshCrash, row_30_no_session_is_lost_when_servers_are_killed_and_answers_get_lost) {
  const char* wanted = std::getenv("LATCHKEY_CRASH_KILLS");
  const int kills = wanted != nullptr ? std::atoi(wanted) : 500;
  const tests::OnSqlite files;
  Family family;
  {
    auto db = files.open();
    ASSERT_TRUE(db);
    const auto user = tests::prepare(**db);
    ASSERT_TRUE(user);
    family = tests::make_family(*user);
    auto work = [&](sql::Transaction& tx) { return insert_family(tx, family); };
    ASSERT_TRUE((*db)->write(work).get());
  }  // no threads from here on: the processes are forked
  Trial trial(files.file(), tests::refresh_token_keys().issue(family, {0, 0}));
  while (trial.tally().kills < kills) trial.step();

  const Tally& tally = trial.tally();
  std::printf("%d steps, %d kills, %d answers lost, %d unanswered\n", tally.steps, tally.kills, tally.lost,
              tally.unanswered);
  EXPECT_EQ(tally.refused, 0) << "a session was ended or refused";
  EXPECT_EQ(tally.forks, 0) << "concurrent uses got different successors";
  EXPECT_EQ(tally.unanswered, 0);
  auto db = files.open();
  ASSERT_TRUE(db);
  const auto row = (*db)->read([&](sql::Transaction& tx) { return find_family(tx, family.id); }).get();
  ASSERT_TRUE(row && *row);
  EXPECT_FALSE((*row)->is_revoked);
  EXPECT_GT((*row)->generation, 50U);
}

}  // namespace
}  // namespace latchkey::identity
