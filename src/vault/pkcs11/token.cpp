#include "vault/pkcs11/token.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <span>
#include <vector>

#include "protocol/limits/vault.h"
#include "vault/key_stores/passcode_stretch.h"

namespace latchkey::vault::pkcs11 {
namespace {

std::mutex& one_at_a_time() {
  static std::mutex mutex;  // the login it guards is the process's, too
  return mutex;
}

bool has_label(const CK_TOKEN_INFO& info, const std::string& label) {
  std::string padded = label;
  padded.resize(protocol::limits::token_label_bytes, ' ');
  return std::ranges::equal(info.label, padded, {}, {}, [](char letter) { return static_cast<unsigned char>(letter); });
}

Status log_in(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session, Passcode pin) {
  const MutableBytes bytes = pin.reveal_to_write();
  const CK_RV code = functions.C_Login(session, CKU_USER, bytes.data(), bytes.size());
  if (code == CKR_USER_ALREADY_LOGGED_IN)
    return fail(Code::temporarily_unavailable, "another part of this program is logged in to the token");
  return check(code);
}

}  // namespace

Error to_error(CK_RV code) {
  switch (code) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
      return {Code::wrong_passcode, {}};
    case CKR_PIN_LOCKED:
      return {Code::locked_out, "the token's PIN is locked; its administrator can set a new one"};
    case CKR_DEVICE_MEMORY:
      return {Code::storage_full, "the token has no room left"};
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_DEVICE_REMOVED:
    case CKR_SLOT_ID_INVALID:
      return {Code::temporarily_unavailable, "the token is not there"};
    default:
      return {Code::temporarily_unavailable, fmt::format("the token answered {:#x}", code)};
  }
}

Status check(CK_RV code) {
  if (code != CKR_OK) return tl::unexpected(to_error(code));
  return {};
}

Result<Module> Module::load(const std::filesystem::path& path) {
  // A bare name would be looked for in places that others may write to.
  if (!path.is_absolute()) return fail(Code::configuration_invalid, "a PKCS#11 module is named by its whole path");
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) return fail(Code::unsupported, "the PKCS#11 module cannot be loaded");
  const auto get_functions = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* functions = nullptr;
  if (get_functions == nullptr || get_functions(&functions) != CKR_OK || functions == nullptr)
    return fail(Code::unsupported, "that is not a PKCS#11 module");
  return Module(functions);
}

Status Module::initialise() {
  if (initialised_in_ == ::getpid()) return {};
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const CK_RV code = functions_->C_Initialize(&arguments);
  if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED)
    return fail(Code::unsupported, fmt::format("the PKCS#11 module does not start: {:#x}", code));
  initialised_in_ = ::getpid();
  return {};
}

namespace {

// Those with a token in them.
Result<std::vector<CK_SLOT_ID>> list_slots(const Module& module) {
  CK_ULONG count = 0;
  TRY_DO(check(module.functions().C_GetSlotList(CK_TRUE, nullptr, &count)));
  std::vector<CK_SLOT_ID> slots(count);
  TRY_DO(check(module.functions().C_GetSlotList(CK_TRUE, slots.data(), &count)));
  slots.resize(std::min<std::size_t>(count, slots.size()));
  return slots;
}

// Control characters of a label stay off the terminal.
std::string label_of(const CK_TOKEN_INFO& info) {
  std::string label;
  for (const CK_UTF8CHAR byte : info.label)
    label.push_back(byte < 0x20 || byte == 0x7f ? '?' : static_cast<char>(byte));
  label.erase(label.find_last_not_of(' ') + 1);
  return label;
}

}  // namespace

Result<std::vector<std::string>> list_tokens(const Module& module) {
  TRY(const auto slots, list_slots(module));
  std::vector<std::string> labels;
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO info{};
    if (module.functions().C_GetTokenInfo(slot, &info) != CKR_OK || (info.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
    if (std::string label = label_of(info); !label.empty()) labels.push_back(std::move(label));
  }
  return labels;
}

Result<Token> find_token(const Module& module, const std::string& label) {
  TRY(const auto slots, list_slots(module));
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO info{};
    if (module.functions().C_GetTokenInfo(slot, &info) == CKR_OK && has_label(info, label))
      return Token{slot, info.flags};
  }
  return fail(Code::temporarily_unavailable, "the token is not there");
}

bool offers(const Module& module, const Token& token, CK_MECHANISM_TYPE mechanism, CK_FLAGS uses) {
  CK_MECHANISM_INFO info{};
  return module.functions().C_GetMechanismInfo(token.slot, mechanism, &info) == CKR_OK && (info.flags & uses) == uses;
}

Result<Session> Session::open(const Module& module, const Token& token, const Prompt& prompt) {
  if ((token.flags & CKF_USER_PIN_LOCKED) != 0) return tl::unexpected(to_error(CKR_PIN_LOCKED));
  TRY(Passcode pin, ask_passcode(prompt, PasscodeAsk::enter));
  std::unique_lock alone(one_at_a_time());  // not while somebody types
  CK_FUNCTION_LIST& functions = module.functions();
  CK_SESSION_HANDLE handle = 0;
  TRY_DO(check(functions.C_OpenSession(token.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &handle)));
  Session session(functions, handle, std::move(alone));
  TRY_DO(log_in(functions, handle, std::move(pin)));
  session.is_logged_in_ = true;
  return session;
}

Session::Session(Session&& other) noexcept
    : functions_(other.functions_),
      handle_(std::exchange(other.handle_, 0)),
      alone_(std::move(other.alone_)),
      is_logged_in_(std::exchange(other.is_logged_in_, false)) {}

Session::~Session() {
  if (!alone_.owns_lock()) return;  // moved from
  if (is_logged_in_) functions_->C_Logout(handle_);
  functions_->C_CloseSession(handle_);
}

}  // namespace latchkey::vault::pkcs11
