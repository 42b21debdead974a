// Row 66 of the security catalogue: ten thousand connections that do nothing. The server goes on answering others, each
// costs what protocol/limits.h says at most, and one address has no more of them than it may.
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "tests/serving/serving.h"

namespace latchkey::tests {
namespace {

namespace limits = protocol::limits;

constexpr std::size_t idle_connections = 10'000;
constexpr std::size_t spare_descriptors = 500;
constexpr std::size_t idle_connection_bytes = 20 * 1024;  // as limits::connections says

// All of 127.0.0.0/8 is this machine.
constexpr std::uint32_t first_source = 0x7f010001U, first_warm_up_source = 0x7f040001U;

// The address that the connection number so much comes from.
in_addr_t source_of(std::size_t connection, std::uint32_t first = first_source) {
  return htonl(first + static_cast<std::uint32_t>(connection / limits::connections_per_address));
}

class Idler final {
 public:
  Idler(int port, in_addr_t source) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 30, .tv_usec = 0};  // a hang fails the test instead of stopping it
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = source;
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    is_connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  Idler(Idler&& other) noexcept : socket_(std::exchange(other.socket_, -1)), is_connected_(other.is_connected_) {}
  ~Idler() {
    if (socket_ >= 0) ::close(socket_);
  }

  bool is_connected() const { return is_connected_; }
  // The server has neither closed it nor said anything.
  bool is_open() const {
    pollfd one{.fd = socket_, .events = POLLIN | POLLRDHUP, .revents = 0};
    return is_connected_ && ::poll(&one, 1, 0) == 0;
  }
  // Waits for it, as long as limits::keep_alive_idle takes and twice that.
  bool is_closed_by_the_server() const {
    char byte = 0;
    return ::recv(socket_, &byte, 1, 0) == 0;
  }
  // Asks for something on it; whether it was answered.
  bool ask(const std::string& host) const { return send_request(host) && is_answered(); }
  bool send_request(const std::string& host) const {
    const std::string request = "GET /health HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    return ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
  }
  bool is_answered() const {
    std::string answer;
    char buffer[2048];
    while (answer.find("\r\n\r\nok\n") == std::string::npos) {
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) return false;
      answer.append(buffer, static_cast<std::size_t>(got));
    }
    return answer.starts_with("HTTP/1.1 200");
  }

 private:
  int socket_;
  bool is_connected_ = false;
};

std::size_t resident_bytes(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::strtoul(line.c_str() + 6, nullptr, 10) * 1024;
  return 0;
}

bool raise_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < idle_connections + spare_descriptors) return false;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

// As from a shell or a unit: it is for the server to ask for more.
bool start_with_the_usual_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 1024;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

class IdleConnections : public ServingTest {
 protected:
  void SetUp() override {
    if (!raise_descriptors()) GTEST_SKIP() << "a process may not have 10,500 descriptors here";
    options_.prepare = start_with_the_usual_descriptors;
    ASSERT_TRUE(start());
  }
  std::string host() const { return options_.issuer().substr(std::string_view("http://").size()); }

  // So many, each after one request or none. Those that were idle for too long meanwhile are closed.
  std::vector<Idler> connect(std::size_t count, bool asks, std::uint32_t first = first_source) const {
    std::vector<Idler> idlers;
    idlers.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      idlers.emplace_back(options_.port, source_of(i, first));
      if (asks) EXPECT_TRUE(idlers.back().send_request(host())) << i;
    }
    for (const Idler& idler : idlers)
      if (asks) EXPECT_TRUE(idler.is_answered());
    return idlers;
  }
  static std::size_t count_open(const std::vector<Idler>& idlers) {
    return static_cast<std::size_t>(std::ranges::count_if(idlers, &Idler::is_open));
  }

  void expect_bounded_memory(bool asks) {
    // What is allocated once. The server may not notice at once that they left: their addresses are used no more.
    connect(200, asks, first_warm_up_source);
    const std::size_t before = resident_bytes(server_->process());
    const std::vector<Idler> idlers = connect(idle_connections, asks);
    const std::size_t after = resident_bytes(server_->process());
    EXPECT_TRUE(Idler(options_.port, htonl(INADDR_LOOPBACK)).ask(host())) << "others are answered";
    EXPECT_EQ(refresh(*http_, "rt1_nobodys").status, 400) << "also where the database is asked";
    const std::size_t open = count_open(idlers);
    const std::size_t each = (after - std::min(before, after)) / std::max<std::size_t>(open, 1);
    std::printf("%zu connections open, %zu bytes each\n", open, each);
    if (open < idle_connections / 10 * 9) GTEST_SKIP() << "too slow here: the first were closed before the last came";
    EXPECT_LE(each, idle_connection_bytes);
  }
};

TEST_F(IdleConnections, row_66_ten_thousand_that_never_said_anything) { expect_bounded_memory(false); }
TEST_F(IdleConnections, row_66_ten_thousand_that_were_answered_once) { expect_bounded_memory(true); }

TEST_F(IdleConnections, row_66_one_address_has_no_more_than_its_share) {
  const in_addr_t greedy = htonl(0x7f020001U);
  std::vector<Idler> idlers;
  std::size_t answered = 0;
  for (std::size_t i = 0; i < limits::connections_per_address + 20; ++i) {
    idlers.emplace_back(options_.port, greedy);
    answered += idlers.back().ask(host()) ? 1 : 0;
  }
  EXPECT_EQ(answered, limits::connections_per_address);
  EXPECT_TRUE(Idler(options_.port, htonl(0x7f020002U)).ask(host())) << "another address";
}

TEST_F(IdleConnections, row_66_they_are_closed_when_their_time_is_over_and_make_room) {
  const in_addr_t source = htonl(0x7f030001U);
  std::vector<Idler> idlers;
  for (std::size_t i = 0; i < limits::connections_per_address; ++i) {
    idlers.emplace_back(options_.port, source);
    ASSERT_TRUE(idlers.back().ask(host())) << i;
  }
  ASSERT_FALSE(Idler(options_.port, source).ask(host()));
  for (const Idler& idler : idlers) EXPECT_TRUE(idler.is_closed_by_the_server());
  EXPECT_TRUE(Idler(options_.port, source).ask(host()));
}

constexpr rlim_t few_descriptors = 600;

class FewDescriptors : public IdleConnections {
 protected:
  void SetUp() override {
    options_.prepare = [] {
      const rlimit limit{few_descriptors, few_descriptors};
      return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
    };
    ASSERT_TRUE(start());
  }
  std::size_t count_descriptors() const {
    const std::filesystem::path open = "/proc/" + std::to_string(server_->process()) + "/fd";
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(open), {}));
  }
};

TEST_F(FewDescriptors, row_66_idle_connections_leave_some_for_the_rest) {
  std::vector<Idler> idlers;
  std::size_t answered = 0;
  for (std::size_t i = 0; i < few_descriptors; ++i) {
    idlers.emplace_back(options_.port, source_of(i));
    answered += idlers.back().ask(host()) ? 1 : 0;
  }
  EXPECT_LE(answered, few_descriptors / 2);
  EXPECT_GT(answered, few_descriptors / 3) << "closed although there were descriptors";
  EXPECT_LT(count_descriptors(), few_descriptors - 100);
  EXPECT_TRUE(idlers.front().ask(host())) << "who is in is answered";
  idlers.clear();
  bool is_let_in = false;
  for (int tries = 0; tries < 10'000 && !is_let_in; ++tries)  // until the server has noticed that they left
    is_let_in = Idler(options_.port, source_of(0)).ask(host());
  EXPECT_TRUE(is_let_in);
}

}  // namespace
}  // namespace latchkey::tests
