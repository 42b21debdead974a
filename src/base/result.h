// The one return style: a value, or an Error that tells the caller what to do next.
// Codes are domain words with frozen numbers (error_codes.def), shared with C and TypeScript.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace latchkey {

enum class Code : std::int32_t {
#define X(name, number, sentence) name = (number),
#include "base/error_codes.def"
#undef X
};

// The code's name as in error_codes.def ("vault_locked"), and its sentence.
std::string_view name_of(Code code);
std::string_view sentence_of(Code code);

// `detail` is safe to log and to show: no tokens, mail addresses, user paths, nor a dependency's message verbatim.
struct Error {
  Code code;
  std::string detail;

  friend bool operator==(const Error&, const Error&) = default;
};

// "vault_locked: the vault is locked; unlock it first (detail)"
std::string to_string(const Error& error);

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(Code code, std::string_view detail = {}) {
  return tl::unexpected<Error>(Error{code, std::string(detail)});
}

}  // namespace latchkey

// TRY(auto tokens, exchange(code)): declares `tokens`, or returns the error. TRY_DO for a Status. CO_ twins for
// coroutines.
#define LATCHKEY_TRY_JOIN2(a, b) a##b
#define LATCHKEY_TRY_JOIN(a, b) LATCHKEY_TRY_JOIN2(a, b)
#define LATCHKEY_TRY(name, declaration, how, ...)           \
  auto&& name = (__VA_ARGS__);                              \
  if (!name) how ::tl::unexpected(std::move(name).error()); \
  declaration = *std::move(name)
#define LATCHKEY_TRY_DO(name, how, ...) \
  if (auto&& name = (__VA_ARGS__); !name) how ::tl::unexpected(std::move(name).error())
#define TRY(declaration, ...) LATCHKEY_TRY(LATCHKEY_TRY_JOIN(try_, __LINE__), declaration, return, __VA_ARGS__)
#define TRY_DO(...) LATCHKEY_TRY_DO(LATCHKEY_TRY_JOIN(try_, __LINE__), return, __VA_ARGS__)
#define CO_TRY(declaration, ...) LATCHKEY_TRY(LATCHKEY_TRY_JOIN(try_, __LINE__), declaration, co_return, __VA_ARGS__)
#define CO_TRY_DO(...) LATCHKEY_TRY_DO(LATCHKEY_TRY_JOIN(try_, __LINE__), co_return, __VA_ARGS__)
