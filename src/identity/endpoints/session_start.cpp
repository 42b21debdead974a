#include "identity/endpoints/session_start.h"

#include "identity/endpoints/browser.h"
#include "identity/login/remembered_devices.h"

namespace latchkey::identity {

Result<SignedInBrowser> sign_browser_in(sql::Transaction& tx, const SignInService& service,
                                        const NewBrowserSession& wanted, DeviceCookie device, Instant now) {
  SignedInBrowser browser;
  TRY(browser.session, start_session(tx, wanted, service.settings.session, now));
  if (device == DeviceCookie::give) {
    TRY(browser.device_cookie, remember_device(tx, wanted.user, now));
  }
  return browser;
}

http::Response signed_in_response(const SignInService& service, const SignedInBrowser& browser,
                                  std::string_view location) {
  http::Response response = http::redirect_response(location, 303);
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Referrer-Policy", "no-referrer");
  set_session_cookie(service, response, browser.session.cookie);
  if (!browser.device_cookie.empty()) set_device_cookie(service, response, browser.device_cookie);
  delete_cookie(service, response, service.cookies.flow);
  return response;
}

}  // namespace latchkey::identity
