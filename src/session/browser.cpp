#include "session/browser.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <future>
#include <thread>

#include "base/wiping.h"

namespace latchkey::session {
namespace {

Result<pid_t> spawn_quietly(std::string program, WipedString argument) {
  const std::array<char*, 3> arguments{program.data(), argument.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
  // A session of its own and no signal blocked: Ctrl-C in our terminal must not end the user's browser, nor must what
  // we block stay blocked there.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, program.c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return fail(Code::unsupported, "xdg-open is not installed");
  return child;
}

// The exit status of a program that ends soon; 0 for one that goes on, which is then reaped whenever it ends.
int early_exit_status(pid_t child) {
  std::promise<int> promise;
  std::future<int> status = promise.get_future();
  std::thread([child, ended = std::move(promise)]() mutable {
    int code = 0;
    ended.set_value(waitpid(child, &code, 0) == child ? code : 0);
  }).detach();
  return status.wait_for(std::chrono::seconds(1)) == std::future_status::ready ? status.get() : 0;
}

}  // namespace

// xdg-open either hands the URL to a running browser and ends, or becomes the browser and stays.
Status XdgBrowser::open(std::string_view url) {
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    return fail(Code::invalid_argument, "not a web address");
  TRY(const pid_t child, spawn_quietly("xdg-open", WipedString(url)));
  if (early_exit_status(child) != 0) return fail(Code::unsupported, "no browser can be opened here");
  return {};
}

}  // namespace latchkey::session
