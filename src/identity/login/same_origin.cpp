#include "identity/login/same_origin.h"

namespace latchkey::identity {

Status check_same_origin(const http::Headers& headers, std::string_view origin) {
  if (headers.count("sec-fetch-site") > 1 || headers.count("origin") > 1)
    return fail(Code::access_denied, "a field that names the sender was sent twice");
  if (const auto site = headers.find("sec-fetch-site")) {
    if (*site == "same-origin") return {};
    return fail(Code::access_denied, "the form was sent by another site");
  }
  if (const auto sender = headers.find("origin"); sender && *sender == origin) return {};
  return fail(Code::access_denied, "the form was not sent by a page of this server");
}

}  // namespace latchkey::identity
