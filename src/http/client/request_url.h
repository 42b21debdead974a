// The URL of an outgoing request, parsed once, by curl's own parser: the host that is checked here is the host that is
// connected to.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace latchkey::http {

class RequestUrl final {
 public:
  // Fails: invalid_argument (not absolute, another scheme than http and https, a user name or password, control
  // characters, over 8 KiB), http_not_allowed (http to another host than 127.0.0.0/8, ::1 and localhost).
  static Result<RequestUrl> parse(const std::string& text);

  const std::string& host() const { return host_; }
  CURLU* handle() const { return handle_.get(); }

 private:
  struct Cleanup {
    void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
  };
  using Handle = std::unique_ptr<CURLU, Cleanup>;
  RequestUrl(Handle handle, std::string host) : handle_(std::move(handle)), host_(std::move(host)) {}

  Handle handle_;
  std::string host_;
};

}  // namespace latchkey::http
