#include "base/result.h"

namespace latchkey {

std::string_view name_of(Code code) {
  switch (code) {
#define X(name, number, sentence) \
  case Code::name:                \
    return #name;
#include "base/error_codes.def"
#undef X
  }
  return "unknown";
}

std::string_view sentence_of(Code code) {
  switch (code) {
#define X(name, number, sentence) \
  case Code::name:                \
    return sentence;
#include "base/error_codes.def"
#undef X
  }
  return "an error this version does not know";
}

std::string to_string(const Error& error) {
  std::string text(name_of(error.code));
  text.append(": ").append(sentence_of(error.code));
  if (!error.detail.empty()) text.append(" (").append(error.detail).append(")");
  return text;
}

}  // namespace latchkey
