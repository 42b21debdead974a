// A program that runs as long as this object, and never longer than the test program.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::vault::testing {

class ChildProcess final {
 public:
  ChildProcess() = default;
  struct Options {
    std::vector<std::string> settings = {};  // NAME=VALUE, on top of this process's environment
    std::string log = "/dev/null";           // what it says is appended here
    uid_t uid = ::geteuid();
  };
  // Descriptors without FD_CLOEXEC stay open in it.
  explicit ChildProcess(std::vector<std::string> command) : ChildProcess(std::move(command), Options()) {}
  ChildProcess(std::vector<std::string> command, Options options) {
    const auto arguments = to_pointers(command);
    std::vector<std::string> settings = inherited(options.settings);
    settings.insert(settings.end(), options.settings.begin(), options.settings.end());
    const auto environment = to_pointers(settings);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ != 0) return;
    // Nothing here allocates: another thread may have held the allocator's lock.
    const int nothing = ::open("/dev/null", O_RDONLY);
    const int log = ::open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (nothing < 0 || log < 0) ::_exit(127);
    if (options.uid != ::geteuid() && (::setgid(options.uid) != 0 || ::setuid(options.uid) != 0)) ::_exit(127);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(nothing, 0);
    for (const int fd : {1, 2}) ::dup2(log, fd);
    ::execvpe(arguments.front(), arguments.data(), environment.data());
    ::_exit(127);
  }
  ~ChildProcess() { stop(); }
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ChildProcess& operator=(ChildProcess&& other) noexcept {
    stop();
    pid_ = std::exchange(other.pid_, -1);
    return *this;
  }

  bool is_running() const { return pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0; }
  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  static std::vector<char*> to_pointers(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
  }
  // This process's environment without what is set anew.
  static std::vector<std::string> inherited(const std::vector<std::string>& settings) {
    std::vector<std::string> kept;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      const auto replaces = [&](const std::string& setting) {
        return text.starts_with(setting.substr(0, setting.find('=') + 1));
      };
      if (std::none_of(settings.begin(), settings.end(), replaces)) kept.emplace_back(text);
    }
    return kept;
  }

  pid_t pid_ = -1;
};

inline bool is_program(const char* name) {
  const std::string command = std::string("command -v ") + name + " > /dev/null 2>&1";
  return std::system(command.c_str()) == 0;  // NOLINT(cert-env33-c): fixed names
}

}  // namespace latchkey::vault::testing
