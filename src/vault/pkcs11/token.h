// A PKCS#11 module (Cryptoki 2.40) loaded by its path, and one logged-in session with a token found by its label.
#pragma once

#include <p11-kit/pkcs11.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "vault/key_store.h"

namespace latchkey::vault::pkcs11 {

// wrong_passcode, locked_out, storage_full, else temporarily_unavailable with the module's number.
Error to_error(CK_RV code);
Status check(CK_RV code);

// Loaded once and never unloaded: modules keep threads and state, and somebody else in the program may use the same
// one. The module's code runs with all of the program's rights.
class Module final {
 public:
  // Fails: configuration_invalid (not an absolute path), unsupported (no such module, or it does not start).
  static Result<Module> load(const std::filesystem::path& path);
  // Ready for this process: a child after fork() has to initialise the module anew (section 6.7.1 of the usage guide).
  Status initialise();
  CK_FUNCTION_LIST& functions() const { return *functions_; }

 private:
  explicit Module(CK_FUNCTION_LIST* functions) : functions_(functions) {}
  CK_FUNCTION_LIST* functions_;
  int initialised_in_ = 0;  // process id
};

struct Token {
  CK_SLOT_ID slot;
  CK_FLAGS flags;
};
// Fails: temporarily_unavailable (no such token is present).
Result<Token> find_token(const Module& module, const std::string& label);
// The labels of the tokens that are present and set up. Fails: temporarily_unavailable.
Result<std::vector<std::string>> list_tokens(const Module& module);
bool offers(const Module& module, const Token& token, CK_MECHANISM_TYPE mechanism, CK_FLAGS uses);

// Read-write, logged in as the token's user; logged out and closed when it goes. Logins belong to the whole process, so
// there is one Session at a time in it.
class Session final {
 public:
  // Fails: locked_out before anybody is asked, user_cancelled, cancelled, wrong_passcode, temporarily_unavailable
  // (another part of the program is logged in: then the token would take any PIN).
  static Result<Session> open(const Module& module, const Token& token, const Prompt& prompt);
  ~Session();
  Session(Session&& other) noexcept;
  Session& operator=(Session&&) = delete;

  CK_SESSION_HANDLE get() const { return handle_; }
  CK_FUNCTION_LIST& functions() const { return *functions_; }

 private:
  Session(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE handle, std::unique_lock<std::mutex> alone)
      : functions_(&functions), handle_(handle), alone_(std::move(alone)) {}
  CK_FUNCTION_LIST* functions_;
  CK_SESSION_HANDLE handle_;
  std::unique_lock<std::mutex> alone_;
  bool is_logged_in_ = false;
};

}  // namespace latchkey::vault::pkcs11
