#include "vault/user_presences/pam_child.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/file_descriptor.h"

namespace latchkey::vault {
namespace {

constexpr std::string_view verdicts = "YNLEDU";

tl::unexpected<Error> broken_check() { return fail(Code::temporarily_unavailable, "the password check does not work"); }

// Both ends of a connection to the process: a socket, for writing to one that died must not raise a signal.
struct Line {
  FileDescriptor ours, theirs;
};
Result<Line> open_line() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return broken_check();
  return Line{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// A process in a group of its own, which is killed with everything in it.
class Process final {
 public:
  explicit Process(pid_t pid) : pid_(pid) {}
  ~Process() {
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

 private:
  pid_t pid_;
};

// No environment, no signal settings and no files of ours; nothing secret among the arguments.
pid_t spawn(const std::filesystem::path& program, const PamOptions& options, int line) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&files, line, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, line, STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string path = program.string(), service = options.service, folder = options.configuration.string();
  char* const arguments[] = {path.data(), service.data(), folder.empty() ? nullptr : folder.data(), nullptr};
  char* const environment[] = {nullptr};
  pid_t pid = -1;
  const int status = ::posix_spawn(&pid, path.c_str(), &files, &attributes, arguments, environment);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  return status == 0 ? pid : -1;
}

Result<PamVerdict> read_verdict(int line, const Waiting& waiting) {
  while (true) {
    TRY_DO(waiting.check());
    pollfd fds[] = {{line, POLLIN, 0}, {waiting.wake_fd(), POLLIN, 0}};
    ::poll(fds, 2, waiting.left());
    TRY_DO(waiting.check());
    if (fds[0].revents == 0) continue;
    char letter = 0;
    const ssize_t size = ::read(line, &letter, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size != 1 || verdicts.find(letter) == std::string_view::npos) return broken_check();
    return static_cast<PamVerdict>(letter);
  }
}

bool is_program(const std::filesystem::path& path) { return ::access(path.c_str(), X_OK) == 0; }

std::filesystem::path folder_of_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

// Of the shared library or the program this code lies in: whoever can change that changes this code as well.
std::filesystem::path folder_of_this_code() {
  Dl_info found{};
  if (::dladdr(reinterpret_cast<const void*>(&folder_of_this_code), &found) == 0 || found.dli_fname == nullptr)
    return {};
  std::error_code error;
  return std::filesystem::canonical(found.dli_fname, error).parent_path();
}

}  // namespace

Result<std::filesystem::path> find_pam_program(const PamOptions& options) {
  if (!options.program.empty()) {
    if (is_program(options.program)) return options.program;
    return fail(Code::not_found, "latchkey-pam-check");
  }
  for (const auto& folder : {folder_of_program(), folder_of_program() / LATCHKEY_LIBEXEC_FROM_BIN,
                             folder_of_this_code() / LATCHKEY_LIBEXEC_FROM_LIB})
    if (auto path = folder / "latchkey-pam-check"; path.is_absolute() && is_program(path))
      return path.lexically_normal();
  return fail(Code::not_found, "latchkey-pam-check");
}

Error no_pam_program() {
  return {Code::unsupported, "latchkey-pam-check is not installed; put it beside the program or into libexec"};
}

Result<PamVerdict> ask_pam(const PamOptions& options, const Passcode& password, const Waiting& waiting) {
  const auto program = find_pam_program(options);
  if (!program) return tl::unexpected(no_pam_program());
  TRY(Line line, open_line());
  const pid_t pid = spawn(*program, options, line.theirs.get());
  if (pid < 0) return broken_check();
  const Process process(pid);
  (void)line.theirs.close();
  // It fits into the socket's buffer, so this does not block.
  const ByteView secret = password.reveal();
  if (::send(line.ours.get(), secret.data(), secret.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(secret.size()))
    return broken_check();
  ::shutdown(line.ours.get(), SHUT_WR);
  return read_verdict(line.ours.get(), waiting);
}

}  // namespace latchkey::vault
