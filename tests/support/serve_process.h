// `latchkey serve` as it ships, in a process of its own on a loopback port that was free a moment ago.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::tests {

inline int find_free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    std::abort();
  ::close(socket);
  return ntohs(address.sin_port);
}

struct ServeOptions {
  std::filesystem::path data;
  int port = find_free_port();
  std::vector<std::string> flags = {};
  // In the child, before the program begins; false ends it there.
  std::function<bool()> prepare = [] { return true; };

  std::string issuer() const {
    const bool is_tls = std::find(flags.begin(), flags.end(), "--tls-cert") != flags.end();
    return (is_tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port);
  }
};

// The program lies beside this one. What it says to people goes to a file "log" beside its data.
inline pid_t start_latchkey(const ServeOptions& options, std::vector<std::string> arguments, int output) {
  std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "latchkey";
  const std::string log = options.data.parent_path() / "log";
  std::vector<char*> argv{program.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is stopped leaves nothing running
  const int to_log = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(output >= 0 ? output : to_log, STDOUT_FILENO);
  ::dup2(to_log, STDERR_FILENO);
  if (options.prepare()) ::execv(program.c_str(), argv.data());
  ::_exit(127);
}

inline int wait_for_exit(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Another command on the same data: its exit code.
inline int run_latchkey(const ServeOptions& options, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--data", options.data.string()});
  return wait_for_exit(start_latchkey(options, std::move(arguments), -1));
}

class ServeProcess final {
 public:
  explicit ServeProcess(const ServeOptions& options) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    std::vector<std::string> arguments{"--json",   "serve",
                                       "--data",   options.data.string(),
                                       "--listen", "127.0.0.1:" + std::to_string(options.port),
                                       "--issuer", options.issuer()};
    arguments.insert(arguments.end(), options.flags.begin(), options.flags.end());
    child_ = start_latchkey(options, std::move(arguments), ends[1]);
    ::close(ends[1]);
    output_ = ends[0];
  }
  ~ServeProcess() {
    if (child_ > 0) ::kill(child_, SIGKILL);
    wait();
    ::close(output_);
  }
  ServeProcess(const ServeProcess&) = delete;
  ServeProcess& operator=(const ServeProcess&) = delete;

  // The line that says it is ready; empty when it ended instead.
  std::string wait_until_ready() const {
    std::string line;
    for (char c = 0; ::read(output_, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  pid_t process() const { return child_; }
  void terminate() const { ::kill(child_, SIGTERM); }
  // Its exit code, or 128 and the signal that ended it.
  int wait() {
    if (child_ > 0) exit_code_ = wait_for_exit(std::exchange(child_, -1));
    return exit_code_;
  }

 private:
  pid_t child_ = -1;
  int output_ = -1;
  int exit_code_ = -1;
};

}  // namespace latchkey::tests
