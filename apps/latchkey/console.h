// What every command shares with the person or program that called it: where output goes, how secrets come in, and the
// exit code. Results go to standard output; errors, prompts and progress to standard error.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "base/wiping.h"

namespace latchkey::app {

// Documented in `latchkey --help`; scripts rely on them.
enum class ExitCode : int {
  ok = 0,
  failed = 1,          // the operation failed; standard error says why
  usage = 2,           // wrong flags or arguments
  sign_in_needed = 3,  // nobody is signed in, or the session is over
  locked = 4,          // the vault is locked, or the passcode is wrong
  unreachable = 5,     // the server or key store does not answer; try again
  configuration = 6,   // the configuration is wrong
};
ExitCode exit_code_for(Code code);

class Console final {
 public:
  // Set by --json: results and errors are one JSON object a line, nothing else goes to standard output.
  bool json = false;
  bool secrets_from_stdin = false;  // --passcode-stdin and friends: one secret a line

  // The result of a command, in the form asked for. `json_object` is printed JSON.
  void result(std::string_view human, std::string_view json_object);
  // A line of narration for people; silent with --json.
  void say(std::string_view line);
  // Prints the error as a sentence (or {"error":name,"code":number,"message":...}) and remembers the exit code.
  void failed(const Error& error);
  // failed() when `status` holds an error.
  void finish(const Status& status);

  int exit_code() const { return static_cast<int>(exit_code_); }

  // A secret typed without echo on the terminal, or the next line of standard input. Never from arguments or
  // environment. Fails: user_cancelled (end of input), input_too_large (over 1,024 bytes).
  template <class S>
  Result<S> read_secret(std::string_view prompt) {
    TRY(const WipedString line, read_line_without_echo(prompt));
    return S::copy_of(std::string_view(line));
  }
  // The same for what is to open a vault: without it the vault stays locked, and scripts go by that. Fails:
  // vault_locked (end of input), input_too_large.
  template <class S>
  Result<S> read_secret_to_unlock(std::string_view prompt) {
    auto secret = read_secret<S>(prompt);
    if (secret || secret.error().code != Code::user_cancelled) return secret;
    return fail(Code::vault_locked, secret.error().detail);
  }

  // Bold, dim and colour only when standard output is a terminal and NO_COLOR is not set.
  std::string bold(std::string_view text) const;
  std::string green(std::string_view text) const;
  std::string red(std::string_view text) const;
  std::string dim(std::string_view text) const;

 private:
  Result<WipedString> read_line_without_echo(std::string_view prompt);
  std::string styled(std::string_view code, std::string_view text) const;

  ExitCode exit_code_ = ExitCode::ok;
};

// `text` as a JSON string with its quotes.
std::string json_quoted(std::string_view text);

}  // namespace latchkey::app
