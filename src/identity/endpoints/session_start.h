// A browser session begun in answer to a form: the rows, the cookies, and where the browser goes next (303, so that it
// does not send the password again).
#pragma once

#include <string_view>

#include "http/message.h"
#include "identity/login/browser_sessions.h"
#include "identity/login/sign_in_service.h"

namespace latchkey::identity {

struct SignedInBrowser {
  StartedBrowserSession session;
  WipedString device_cookie;  // empty: the browser has one
};

enum class DeviceCookie { keep, give };
Result<SignedInBrowser> sign_browser_in(sql::Transaction& tx, const SignInService& service,
                                        const NewBrowserSession& wanted, DeviceCookie device, Instant now);

http::Response signed_in_response(const SignInService& service, const SignedInBrowser& browser,
                                  std::string_view location);

}  // namespace latchkey::identity
