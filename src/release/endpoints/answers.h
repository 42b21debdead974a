// How publishers' requests are read, admitted and answered: problem details (RFC 9457) for what is refused.
#pragma once

#include <functional>

#include "http/message.h"
#include "http/server/task.h"
#include "protocol/json_writer.h"
#include "release/endpoints/release_service.h"

namespace latchkey::release {

// {"type":"about:blank","title":...,"status":...,"code":"not_found","detail":...}; what is not the caller's fault says
// no more than that, and is logged.
http::Response refuse(const Error& error);
http::Task<http::Response> or_refuse(http::Task<Result<http::Response>> task);
http::Response json_answer(int status, const std::function<void(protocol::json::Writer&)>& write);

// The parts of the path: "/v1/apps/{app}/channels/{channel}/..."; empty when it is shorter.
std::string_view segment(const http::Request& request, std::size_t index);
inline std::string_view app_of(const http::Request& request) { return segment(request, 2); }
inline std::string_view channel_of(const http::Request& request) { return segment(request, 4); }

// Who asks, if they may: the key in "Authorization: Bearer lkp_...". `app` empty: what concerns all apps. Fails:
// invalid_token, insufficient_scope; an app the key is not for is refused like one that is not there (not_found).
http::Task<Result<StoredApiKey>> authorize(ReleaseService& service, const http::Request& request, Scope scope,
                                           std::string_view app);

// Makes what was committed visible to devices at once.
http::Task<Status> serve_changes(ReleaseService& service, std::string app);

}  // namespace latchkey::release
