// The http::Client over libcurl: HTTP/1.1, TLS 1.2 or newer, certificates always checked, keys pinned where the caller
// says so. Never follows a redirect, never decompresses, keeps no cookies, and sends plain http to loopback addresses
// only. Buffers that held a request or a response are wiped, curl's own included.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/address.h"
#include "http/client.h"
#include "http/client/pinned_keys.h"
#include "protocol/limits/client.h"

namespace latchkey::http {

enum class ProxyUse { none, from_environment };

// Where connections may lead. public_only is for URLs that others chose (server-side request forgery): the address that
// is connected to must be public, whatever name led to it and whatever that name meant a moment ago.
enum class Reach { any, public_only };

struct CurlOptions {
  std::chrono::milliseconds connect_timeout = protocol::limits::connect_time;  // name lookup, TCP and TLS together
  std::chrono::milliseconds total_timeout = protocol::limits::response_time;
  std::size_t max_response_body_bytes = protocol::limits::response_body_bytes;
  std::size_t max_response_head_bytes = protocol::limits::response_head_bytes;
  PinnedKeys pinned_keys;
  std::optional<std::filesystem::path> ca_file;  // PEM; replaces the system's certificates
  ProxyUse proxy = ProxyUse::none;  // a proxy would look names up by itself: not together with Reach::public_only
  Reach reach = Reach::any;
  std::vector<AddressRange> also_reachable;  // besides public addresses: the operator's own networks
  std::string user_agent = "latchkey";
};

class CurlTransfer;

// Thread-safe: any number of send() at once. Connections are kept and reused for a few seconds. When a kept one turns
// out to be dead, GET, HEAD, PUT, DELETE and OPTIONS are sent again on a new one, with a DPoP proof only when it can be
// replaced (send_renewable); POST and PATCH never leave twice, nor does a proof.
class CurlClient final : public Client {
 public:
  // Fails: configuration_invalid (a limit of zero, a CA file that is not there, a proxy with Reach::public_only),
  // unsupported (curl without TLS).
  static Result<std::unique_ptr<CurlClient>> create(CurlOptions options = {});
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  // Any complete answer is a Response, whatever its status. Fails: invalid_argument (not an absolute http(s) URL, a URL
  // with a user name, a header with control characters or one that frames the message), http_not_allowed,
  // tls_untrusted, pin_mismatch, network_unreachable (before a packet is sent, where `reach` forbids the address),
  // network_timeout, input_too_large (head or body), protocol_violation, cancelled. After pin_mismatch and
  // tls_untrusted not one byte of the request has been sent.
  Result<Response> send(const Request& request, std::stop_token stop) override;
  using Client::send;
  Result<Response> send_renewable(const Request& request, const Renewal& renew, std::stop_token stop) override;

 private:
  class Pool;
  explicit CurlClient(CurlOptions options);
  Result<Response> send_by(CurlTransfer& transfer, const std::stop_token& stop);

  CurlOptions options_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace latchkey::http
