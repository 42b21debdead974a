// latchkey-pam-check SERVICE [FOLDER]: reads a password from standard input up to its end, asks PAM whether it is that
// of the user who runs this, and writes one letter (vault/user_presences/pam_verdict.h). FOLDER holds service files, as
// pam_start_confdir(3) takes it. Needs no privileges and gains none: it asks about its own user only.
#include <pwd.h>
#include <security/pam_appl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "protocol/limits/presence.h"
#include "vault/user_presences/pam_verdict.h"

using latchkey::protocol::limits::pam_password_bytes;
using latchkey::vault::PamVerdict;

namespace {

// What a module may use: enough for a password hash, too little for a runaway.
constexpr rlim_t max_cpu_seconds = 20;
constexpr rlim_t max_open_files = 64;

struct Password {
  char text[pam_password_bytes + 2] = {};
  bool is_given = false;  // to PAM; once only
};

void confine() {
  const rlimit none{0, 0}, cpu{max_cpu_seconds, max_cpu_seconds}, files{max_open_files, max_open_files};
  ::setrlimit(RLIMIT_CORE, &none);
  ::setrlimit(RLIMIT_CPU, &cpu);
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::prctl(PR_SET_DUMPABLE, 0);
  ::close_range(3, ~0U, 0);
}

// The end of input, or nothing when there is more than a password can have.
bool read_password(Password& password) {
  std::size_t size = 0;
  while (size <= pam_password_bytes) {
    const ssize_t got = ::read(STDIN_FILENO, password.text + size, pam_password_bytes + 1 - size);
    if (got == 0) return std::strlen(password.text) == size;
    if (got < 0 && errno != EINTR) return false;
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  return false;
}

// Answers the one question for a password; whatever else is asked, nobody is there to answer.
int answer(const pam_message& message, pam_response& response, Password& password) {
  if (message.msg_style == PAM_ERROR_MSG || message.msg_style == PAM_TEXT_INFO) return PAM_SUCCESS;
  if (message.msg_style != PAM_PROMPT_ECHO_OFF || password.is_given) return PAM_CONV_ERR;
  password.is_given = true;
  response.resp = ::strdup(password.text);
  return response.resp == nullptr ? PAM_BUF_ERR : PAM_SUCCESS;
}

void discard(pam_response* responses, int count) {
  for (int i = 0; i < count; ++i) {
    if (responses[i].resp != nullptr) ::explicit_bzero(responses[i].resp, std::strlen(responses[i].resp));
    std::free(responses[i].resp);
  }
  std::free(responses);
}

int converse(int count, const pam_message** messages, pam_response** out, void* password) {
  if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
  auto* const responses =
      static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  if (responses == nullptr) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i) {
    const int status = answer(*messages[i], responses[i], *static_cast<Password*>(password));
    if (status == PAM_SUCCESS) continue;
    discard(responses, count);
    return status;
  }
  *out = responses;
  return PAM_SUCCESS;
}

PamVerdict to_verdict(int status) {
  switch (status) {
    case PAM_SUCCESS:
    case PAM_NEW_AUTHTOK_REQD:  // expired, but it was theirs
      return PamVerdict::accepted;
    case PAM_AUTH_ERR:
      return PamVerdict::wrong;
    case PAM_MAXTRIES:
      return PamVerdict::locked_out;
    case PAM_USER_UNKNOWN:
      return PamVerdict::not_enrolled;
    case PAM_PERM_DENIED:
    case PAM_ACCT_EXPIRED:
      return PamVerdict::denied;
    default:
      return PamVerdict::unavailable;
  }
}

PamVerdict ask(const char* service, const char* folder, Password& password) {
  const passwd* const user = ::getpwuid(::getuid());
  if (user == nullptr) return PamVerdict::not_enrolled;
  const pam_conv conversation{converse, &password};
  pam_handle_t* pam = nullptr;
  if (::pam_start_confdir(service, user->pw_name, &conversation, folder, &pam) != PAM_SUCCESS)
    return PamVerdict::unavailable;
  int status = ::pam_authenticate(pam, PAM_SILENT);
  if (status == PAM_SUCCESS) status = ::pam_acct_mgmt(pam, PAM_SILENT);
  ::pam_end(pam, status);
  // A module that was satisfied without the password has recognised nobody.
  if (status == PAM_SUCCESS && !password.is_given) return PamVerdict::unavailable;
  return to_verdict(status);
}

}  // namespace

int main(int count, char** arguments) {
  confine();
  if (count < 2 || count > 3) return 2;
  static Password password;
  ::mlock(&password, sizeof(password));
  const bool is_read = read_password(password);
  const PamVerdict verdict =
      is_read ? ask(arguments[1], count == 3 ? arguments[2] : nullptr, password) : PamVerdict::wrong;
  ::explicit_bzero(&password, sizeof(password));
  const char letter = static_cast<char>(verdict);
  const bool is_told = ::write(STDOUT_FILENO, &letter, 1) == 1;
  // At once: what modules left behind for the end of the process is not to run.
  ::_exit(is_told ? 0 : 1);
}
