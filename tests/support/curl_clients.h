// Clients over libcurl and what the tests of them say over and over. Certificates are of one authority per process.
#pragma once

#include <gtest/gtest.h>

#include "http/client/curl_client.h"
#include "tests/support/scripted_server.h"

namespace latchkey::testing {

inline const ThrowawayCa& ca() {
  static const ThrowawayCa authority;
  return authority;
}

inline http::CurlOptions trusting() {
  http::CurlOptions options;
  options.ca_file = ca().file_name();
  return options;
}

inline std::unique_ptr<http::CurlClient> client_with(http::CurlOptions options) {
  auto client = http::CurlClient::create(std::move(options));
  EXPECT_TRUE(client);
  return std::move(client).value();
}

inline http::Request get(std::string url) {
  http::Request request;
  request.url = std::move(url);
  return request;
}

inline Code code_of(const Result<http::Response>& result) { return result ? Code::internal : result.error().code; }

inline Script says(const std::string& reply) {
  return [reply](const std::string&) { return reply; };
}

}  // namespace latchkey::testing
