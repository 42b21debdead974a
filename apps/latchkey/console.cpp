#include "apps/latchkey/console.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "protocol/limits.h"

namespace latchkey::app {
namespace {

void write_all(int to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(to, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;  // nobody reads any more
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Past the buffer of stdio, which nobody wipes: a line may carry a secret.
void write_line(std::FILE* to, std::string_view text) {
  std::fflush(to);
  WipedString line(text);
  line += '\n';
  write_all(::fileno(to), line);
}

volatile std::sig_atomic_t signal_at_prompt = 0;

// Turns echo off for as long as it lives. A signal that ends the process does so after echo is back on.
class EchoOff final {
 public:
  EchoOff() {
    signal_at_prompt = 0;
    struct sigaction note{};
    note.sa_handler = [](int signal) { signal_at_prompt = signal; };  // no SA_RESTART: read(2) has to return
    for (std::size_t i = 0; i < ends.size(); ++i) {
      sigaction(ends[i], nullptr, &handled_before_[i]);
      if (handled_before_[i].sa_handler != SIG_IGN) sigaction(ends[i], &note, nullptr);
    }
    active_ = tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!active_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~EchoOff() {
    if (active_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < ends.size(); ++i) sigaction(ends[i], &handled_before_[i], nullptr);
    if (signal_at_prompt != 0) static_cast<void>(std::raise(signal_at_prompt));
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  static constexpr std::array ends{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

  termios before_{};
  std::array<struct sigaction, ends.size()> handled_before_{};
  bool active_ = false;
};

// Byte by byte, so that what follows the line stays for the next reader and no stdio buffer keeps a copy.
Result<WipedString> read_line() {
  WipedString line;
  line.reserve(protocol::limits::password_bytes);
  for (char c = 0;;) {
    const ssize_t got = ::read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR && signal_at_prompt != 0) return fail(Code::user_cancelled, "interrupted");
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 && line.empty()) return fail(Code::user_cancelled, "standard input ended before the secret");
    if (got <= 0 || c == '\n') return line;
    if (line.size() == protocol::limits::password_bytes)
      return fail(Code::input_too_large, "a secret has at most 1,024 bytes");
    line.push_back(c);
  }
}

}  // namespace

ExitCode exit_code_for(Code code) {
  switch (code) {
    case Code::invalid_argument:
      return ExitCode::usage;
    case Code::not_signed_in:
    case Code::invalid_grant:
    case Code::refresh_reused:
    case Code::login_required:
    case Code::sign_in_timeout:
    case Code::key_invalidated:
    case Code::vault_wiped:
      return ExitCode::sign_in_needed;
    case Code::vault_locked:
    case Code::wrong_passcode:
    case Code::locked_out:
    case Code::presence_timeout:
    case Code::reauthentication_required:
      return ExitCode::locked;
    case Code::network_unreachable:
    case Code::network_timeout:
    case Code::temporarily_unavailable:
    case Code::server_error:
    case Code::busy:
      return ExitCode::unreachable;
    case Code::configuration_invalid:
      return ExitCode::configuration;
    default:
      return ExitCode::failed;
  }
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));  // NOLINT(cert-err33-c): fits
      out.append(escape.data());
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

void Console::result(std::string_view human, std::string_view json_object) {
  write_line(stdout, json ? json_object : human);
}

void Console::say(std::string_view line) {
  if (!json) write_line(stdout, line);
}

void Console::failed(const Error& error) {
  exit_code_ = exit_code_for(error.code);
  if (json) {
    const auto number = std::to_string(static_cast<std::int32_t>(error.code));
    write_line(stdout, "{\"error\":" + json_quoted(name_of(error.code)) + ",\"code\":" + number + ",\"message\":" +
                           json_quoted(sentence_of(error.code)) + ",\"detail\":" + json_quoted(error.detail) + "}");
    return;
  }
  std::string sentence = "latchkey: " + std::string(sentence_of(error.code));
  if (!error.detail.empty()) sentence += " (" + error.detail + ")";
  write_line(stderr, sentence);
}

void Console::finish(const Status& status) {
  if (!status) failed(status.error());
}

Result<WipedString> Console::read_line_without_echo(std::string_view prompt) {
  if (secrets_from_stdin || isatty(STDIN_FILENO) == 0) return read_line();
  std::fwrite(prompt.data(), 1, prompt.size(), stderr);
  std::fflush(stderr);
  const EchoOff silent;
  Result<WipedString> line = read_line();
  std::fputc('\n', stderr);
  return line;
}

std::string Console::styled(std::string_view code, std::string_view text) const {
  static const bool colours = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  if (!colours || json) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}
std::string Console::bold(std::string_view text) const { return styled("1", text); }
std::string Console::green(std::string_view text) const { return styled("32", text); }
std::string Console::red(std::string_view text) const { return styled("31", text); }
std::string Console::dim(std::string_view text) const { return styled("2", text); }

}  // namespace latchkey::app
