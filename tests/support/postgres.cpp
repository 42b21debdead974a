#include "tests/support/postgres.h"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <thread>
#include <tuple>
#include <vector>

namespace latchkey::tests {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void give_up(const char* what, const fs::path& folder) {
  std::ignore = std::fprintf(stderr, "tests/support/postgres: %s (see %s/log)\n", what, folder.c_str());
  std::abort();
}

// The newest installation, Debian's way, else wherever the search path finds it.
std::optional<fs::path> find_binaries() {
  std::optional<fs::path> newest;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none)) {
    const fs::path folder = version.path() / "bin";
    if (fs::exists(folder / "initdb", none) && (!newest || folder > *newest)) newest = folder;
  }
  if (newest) return newest;
  const char* const search = std::getenv("PATH");
  const std::string paths = search == nullptr ? "" : search;
  for (std::size_t from = 0; from < paths.size();) {
    const std::size_t to = std::min(paths.find(':', from), paths.size());
    fs::path folder = paths.substr(from, to - from);
    if (fs::exists(folder / "initdb", none) && fs::exists(folder / "postgres", none)) return folder;
    from = to + 1;
  }
  return std::nullopt;
}

// PostgreSQL refuses to run as root.
struct Account {
  uid_t user;
  gid_t group;
};
std::optional<Account> account_to_use() {
  if (::geteuid() != 0) return std::nullopt;
  const passwd* entry = ::getpwnam("postgres");
  if (entry == nullptr) entry = ::getpwnam("nobody");
  if (entry == nullptr) return std::nullopt;
  return Account{entry->pw_uid, entry->pw_gid};
}

class Server final {
 public:
  explicit Server(const fs::path& binaries) : account_(account_to_use()) {
    std::string pattern = (fs::temp_directory_path() / "latchkey-postgres-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) give_up("cannot make a folder", pattern);
    folder_ = pattern;
    if (account_ && ::chown(folder_.c_str(), account_->user, account_->group) != 0) give_up("cannot chown", folder_);
    run_to_end({binaries / "initdb", "-D", folder_ / "data", "-U", "app", "--auth=trust", "--no-locale", "-E", "UTF8",
                "--no-instructions", "--no-sync"});
    server_ = start({binaries / "postgres", "-D", folder_ / "data", "-k", folder_, "-c", "listen_addresses=", "-c",
                     "max_connections=60", "-c", "shared_buffers=16MB", "-c", "deadlock_timeout=50ms", "-c",
                     "max_pred_locks_per_transaction=256"});
    wait_until_ready();
  }
  ~Server() {
    ::kill(server_, SIGQUIT);
    ::waitpid(server_, nullptr, 0);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string connection() const { return "host=" + folder_.string() + " user=app dbname=postgres"; }

  std::string fresh_schema() {
    const std::string name = "test" + std::to_string(++schemas_);
    const std::unique_ptr<PGconn, decltype(&PQfinish)> open(PQconnectdb(connection().c_str()), PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> made(PQexec(open.get(), ("CREATE SCHEMA " + name).c_str()),
                                                             PQclear);
    if (PQresultStatus(made.get()) != PGRES_COMMAND_OK) give_up("cannot make a schema", folder_);
    return connection() + " options='-c search_path=" + name + "'";
  }

 private:
  pid_t start(const std::vector<std::string>& command) const {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const std::string log = folder_ / "log";
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    const bool is_ready =
        out >= 0 && ::dup2(out, 1) == 1 && ::dup2(out, 2) == 2 && ::chdir("/") == 0 && become_account();
    if (is_ready) {
      ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
      ::execv(arguments[0], arguments.data());
    }
    ::_exit(127);
  }

  bool become_account() const {
    if (!account_) return true;
    return ::setgroups(0, nullptr) == 0 && ::setgid(account_->group) == 0 && ::setuid(account_->user) == 0;
  }

  void run_to_end(const std::vector<std::string>& command) const {
    int status = 0;
    if (::waitpid(start(command), &status, 0) < 0 || status != 0) give_up("initdb failed", folder_);
  }

  void wait_until_ready() const {
    for (int attempt = 0; attempt < 1'500; ++attempt) {
      if (PQping(connection().c_str()) == PQPING_OK) return;
      if (::waitpid(server_, nullptr, WNOHANG) != 0) give_up("postgres ended", folder_);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    give_up("postgres does not answer", folder_);
  }

  std::optional<Account> account_;
  fs::path folder_;
  pid_t server_ = -1;
  int schemas_ = 0;
};

}  // namespace

PostgresOffer offer_postgres() {
  static const std::optional<fs::path> binaries = find_binaries();
  if (!binaries) return {{}, "PostgreSQL is not installed (Debian: postgresql-15)"};
  static Server server(*binaries);
  return {server.fresh_schema(), {}};
}

}  // namespace latchkey::tests
