#include "bindings/c/answers.h"

#include <algorithm>
#include <array>

#include "base/wiping.h"

namespace latchkey::c {
namespace {

// A fixed place, so that keeping a failure cannot fail.
struct LastDetail {
  std::array<char, 256> text{};
  std::size_t size = 0;
};
thread_local LastDetail last_detail;

bool is_known(std::int32_t code) {
  switch (Code{code}) {
#define X(name, number, sentence) \
  case Code::name:                \
    return true;
#include "base/error_codes.def"
#undef X
  }
  return false;
}

}  // namespace

std::int32_t keep_failure(const Error& error) noexcept {
  last_detail.size = std::min(error.detail.size(), last_detail.text.size());
  std::copy_n(error.detail.data(), last_detail.size, last_detail.text.data());
  return static_cast<std::int32_t>(error.code);
}

Status status_of(std::int32_t code) {
  if (code == LK_OK) return {};
  if (!is_known(code)) return fail(Code::internal, "a callback answered what is no code");
  return fail(Code{code}, "a callback");
}

Status copy_bytes(ByteView from, void* buffer, std::size_t capacity, std::size_t* size) {
  TRY_DO(refuse_null(size == nullptr || (buffer == nullptr && capacity != 0), "buffer"));
  *size = from.size();
  if (from.size() > capacity) return fail(buffer_too_small);
  if (!from.empty()) std::memcpy(buffer, from.data(), from.size());
  return {};
}

Status copy_text(std::string_view from, char* buffer, std::size_t capacity, std::size_t* size) {
  TRY_DO(refuse_null(size == nullptr || (buffer == nullptr && capacity != 0), "buffer"));
  *size = from.size();
  if (from.size() >= capacity) return fail(buffer_too_small);
  std::copy(from.begin(), from.end(), buffer);
  buffer[from.size()] = '\0';
  return {};
}

}  // namespace latchkey::c

using namespace latchkey;

const char* lk_version(void) { return LATCHKEY_VERSION; }

const char* lk_code_name(int32_t code) {
  if (code == LK_OK) return "ok";
  if (code == LK_BUFFER_TOO_SMALL) return "buffer_too_small";
  return c::is_known(code) ? name_of(Code{code}).data() : "unknown";  // of literals: they end with a zero byte
}

const char* lk_code_sentence(int32_t code) {
  if (code == LK_BUFFER_TOO_SMALL) return "the buffer is too small; repeat with the size that was answered";
  return c::is_known(code) ? sentence_of(Code{code}).data() : "";
}

int32_t lk_error_detail(char* buffer, size_t capacity, size_t* size) {
  const Status copied = c::copy_text({c::last_detail.text.data(), c::last_detail.size}, buffer, capacity, size);
  return copied ? std::int32_t{LK_OK} : static_cast<std::int32_t>(copied.error().code);
}

void lk_wipe(void* bytes, size_t size) {
  if (bytes != nullptr) secure_wipe({static_cast<std::uint8_t*>(bytes), size});
}
