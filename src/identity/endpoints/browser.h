// The browser behind a request: its cookies, its session, and the forms it sends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/server/task.h"
#include "identity/login/browser_sessions.h"
#include "identity/login/sign_in_service.h"
#include "protocol/form.h"

namespace latchkey::identity {

WipedString find_cookie(const http::Request& request, std::string_view name);  // empty: none

// The session the browser is signed in with; moves its idle end.
http::Task<Result<std::optional<BrowserSession>>> load_session(SignInService& service, const http::Request& request);

// What ties forms to this browser before sign-in: the flow cookie, or a new value for it, to be set on the response.
WipedString find_or_make_flow(const SignInService& service, const http::Request& request);

void set_flow_cookie(const SignInService& service, http::Response& response, std::string_view flow);
void set_session_cookie(const SignInService& service, http::Response& response, std::string_view cookie);
void set_device_cookie(const SignInService& service, http::Response& response, std::string_view cookie);
void delete_cookie(const SignInService& service, http::Response& response, std::string_view name);

// A form one of our own pages sent: content type, origin and syntax are checked; its token is the caller's to check.
// Fails: access_denied, invalid_request.
Result<protocol::form::Form> read_own_form(const SignInService& service, const http::Request& request);

// The token of a form for a browser that is signed in.
WipedString session_form_token(const SignInService& service, const BrowserSession& session, std::string_view purpose,
                               std::string_view request);
Status check_session_form(const SignInService& service, const protocol::form::Form& form, const BrowserSession& session,
                          std::string_view purpose, std::string_view request);

// A handler's outcome as a response: errors become pages.
http::Response answer_or_error_page(Result<http::Response> answer);

}  // namespace latchkey::identity
