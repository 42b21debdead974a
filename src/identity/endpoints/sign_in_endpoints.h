// The endpoints people meet in a browser: authorize, sign-in, consent, invite, end-session, account, and the
// stylesheet.
#pragma once

#include <memory>

#include "http/server/router.h"
#include "identity/login/sign_in_service.h"

namespace latchkey::identity {

// Adds every endpoint named above; the handlers share the service.
void add_sign_in_endpoints(http::Router& router, std::shared_ptr<SignInService> service);

// One coroutine per endpoint and method; the router calls them. `service` and `request` outlive the task.
using Answer = http::Task<Result<http::Response>>;

Answer get_authorize(SignInService& service, const http::Request& request);
Answer post_authorize(SignInService& service, const http::Request& request);
Answer get_sign_in(SignInService& service, const http::Request& request);
Answer post_sign_in(SignInService& service, const http::Request& request);
Answer post_consent(SignInService& service, const http::Request& request);
Answer get_invite(SignInService& service, const http::Request& request);
Answer post_invite(SignInService& service, const http::Request& request);
Answer get_end_session(SignInService& service, const http::Request& request);
Answer post_end_session(SignInService& service, const http::Request& request);
Answer get_account(SignInService& service, const http::Request& request);
Answer post_account_password(SignInService& service, const http::Request& request);
Answer post_account_end_session(SignInService& service, const http::Request& request);
Answer post_account_sign_out_everywhere(SignInService& service, const http::Request& request);

}  // namespace latchkey::identity
