#include "apps/latchkey/tour/child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

namespace latchkey::app::tour {
namespace {

std::optional<std::string> take_line_with(std::string& unread, std::string_view text) {
  for (std::size_t end = 0; (end = unread.find('\n')) != std::string::npos;) {
    std::string line = unread.substr(0, end);
    unread.erase(0, end + 1);
    if (line.find(text) != std::string::npos) return line;
  }
  return std::nullopt;
}

}  // namespace

Result<Child> Child::start(const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail(Code::internal, "pipe");
  std::vector<std::string> words{"latchkey"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error == 0) return Child(pid, ends[0]);
  close(ends[0]);
  return fail(Code::internal, "could not start another latchkey");
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      unread_(std::move(other.unread_)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(output_, other.output_);
  std::swap(unread_, other.unread_);
  return *this;
}

Child::~Child() {
  stop(SIGKILL);
  if (output_ >= 0) close(output_);
}

Result<std::string> Child::wait_for(std::string_view text, std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  for (;;) {
    if (auto line = take_line_with(unread_, text)) return *std::move(line);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{output_, POLLIN, 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) == 0)
      return fail(Code::network_timeout, "the server did not say that it is ready");
    std::array<char, 4096> buffer{};
    const ssize_t got = read(output_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(Code::internal, "the server ended before it was ready");
    unread_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void Child::stop(int signal) {
  if (pid_ < 0) return;
  kill(pid_, signal);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace latchkey::app::tour
