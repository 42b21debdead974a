// Pages as responses: the headers every HTML page of the server carries, and errors as pages.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "identity/pages/html.h"

namespace latchkey::identity {

// Where forms of a page may lead besides our own origin: browsers apply the policy to redirects, too.
struct FormTargets {
  std::vector<std::string> redirect_uris;
};

// "https://app.example.com" or, for private-use schemes, "com.example.app:": as a source in a form-action list. Empty
// when `uri` has neither.
std::string form_action_source(std::string_view uri);

http::Response page_response(int status, const Html& page, const FormTargets& targets = {});

// 403 for access_denied, 503 with Retry-After for busy and a disk that takes nothing, 410 for not_found, 400 for other
// mistakes of the sender, 500 for our own failures; the same page whatever the cause inside.
http::Response error_page_response(const Error& error);

}  // namespace latchkey::identity
