#include "http/client/curl_client.h"

#include <curl/curl.h>

#include <filesystem>
#include <mutex>
#include <vector>

#include "base/registers.h"
#include "http/client/broken_pipe_guard.h"
#include "http/client/curl_memory.h"
#include "http/client/curl_transfer.h"

namespace latchkey::http {
namespace {

struct MultiCleanup {
  void operator()(CURLM* multi) const {
    const BrokenPipeGuard guard;  // closing a TLS connection writes to it
    curl_multi_cleanup(multi);
  }
};
using Multi = std::unique_ptr<CURLM, MultiCleanup>;  // holds the open connections of the transfers that ran on it

CURLcode result_of(CURLM* multi) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left))
    if (message->msg == CURLMSG_DONE) return message->data.result;
  return CURLE_FAILED_INIT;
}

Result<CURLcode> drive(CURLM* multi, const std::stop_token& stop) {
  // curl_multi_wakeup is the one call curl allows from another thread.
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  int running = 1;
  while (true) {
    if (stop.stop_requested()) return fail(Code::cancelled);
    if (curl_multi_perform(multi, &running) != CURLM_OK) return fail(Code::internal, "curl failed to run");
    if (running == 0) return result_of(multi);
    if (curl_multi_poll(multi, nullptr, 0, 1000, nullptr) != CURLM_OK)
      return fail(Code::internal, "curl failed to wait");
  }
}

}  // namespace

// Handles no request is using; each belongs to one thread while borrowed.
class CurlClient::Pool final {
 public:
  Multi borrow() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return Multi(curl_multi_init());
    Multi multi = std::move(idle_.back());
    idle_.pop_back();
    return multi;
  }
  void give_back(Multi multi) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < max_idle) idle_.push_back(std::move(multi));
  }

 private:
  static constexpr std::size_t max_idle = 8;  // a device talks to two or three servers

  std::mutex mutex_;
  std::vector<Multi> idle_;
};

CurlClient::CurlClient(CurlOptions options) : options_(std::move(options)), pool_(std::make_unique<Pool>()) {}
CurlClient::~CurlClient() = default;

Result<std::unique_ptr<CurlClient>> CurlClient::create(CurlOptions options) {
  if (options.connect_timeout.count() <= 0 || options.total_timeout.count() <= 0)
    return fail(Code::configuration_invalid, "a timeout must be positive");
  if (options.max_response_body_bytes == 0 || options.max_response_head_bytes == 0)
    return fail(Code::configuration_invalid, "a size limit must be positive");
  if (options.reach == Reach::public_only && options.proxy != ProxyUse::none)
    return fail(Code::configuration_invalid, "addresses cannot be checked behind a proxy");
  std::error_code ignored;
  if (options.ca_file && !std::filesystem::is_regular_file(*options.ca_file, ignored))
    return fail(Code::configuration_invalid, "there is no such CA file");
  TRY_DO(start_curl());
  return std::unique_ptr<CurlClient>(new CurlClient(std::move(options)));
}

Result<Response> CurlClient::send(const Request& request, std::stop_token stop) {
  const VectorRegisterGuard no_copies_in_registers;
  TRY(const auto transfer, CurlTransfer::prepare(request, options_, Connection::kept_or_new));
  return send_by(*transfer, stop);
}

Result<Response> CurlClient::send_renewable(const Request& request, const Renewal& renew, std::stop_token stop) {
  const VectorRegisterGuard no_copies_in_registers;
  TRY(const auto transfer, CurlTransfer::prepare(request, options_, Connection::kept_or_new));
  Result<Response> response = send_by(*transfer, stop);
  if (!transfer->may_go_out_renewed()) return response;
  Request again = request;
  TRY_DO(renew(again.headers));
  TRY(const auto second, CurlTransfer::prepare(again, options_, Connection::fresh));
  return send_by(*second, stop);
}

Result<Response> CurlClient::send_by(CurlTransfer& transfer, const std::stop_token& stop) {
  const BrokenPipeGuard guard;
  Multi multi = pool_->borrow();
  if (!multi || curl_multi_add_handle(multi.get(), transfer.handle()) != CURLM_OK)
    return fail(Code::internal, "out of memory");
  const Result<CURLcode> outcome = drive(multi.get(), stop);
  Result<Response> response = outcome ? transfer.finish(*outcome) : tl::unexpected(outcome.error());
  curl_multi_remove_handle(multi.get(), transfer.handle());
  pool_->give_back(std::move(multi));
  return response;
}

}  // namespace latchkey::http
