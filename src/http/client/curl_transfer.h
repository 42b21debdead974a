// One request on one curl easy handle, and what came back. Used by curl_client only.
#pragma once

#include <curl/curl.h>
#include <openssl/ssl.h>

#include <memory>
#include <optional>

#include "base/result.h"
#include "http/client/curl_client.h"
#include "http/client/request_url.h"
#include "http/message.h"

namespace latchkey::http {

enum class Connection { kept_or_new, fresh };

class CurlTransfer final {
 public:
  // `request` and `options` must outlive the transfer. Fails: as RequestUrl::parse, invalid_argument, internal.
  static Result<std::unique_ptr<CurlTransfer>> prepare(const Request& request, const CurlOptions& options,
                                                       Connection connection);

  CURL* handle() const { return easy_.get(); }
  // The response after the handle is done, or what `outcome` means.
  Result<Response> finish(CURLcode outcome);
  // A kept connection died before a byte of the answer came, and the request, as it is, may not go out again; renewed
  // it does no harm.
  bool may_go_out_renewed() const { return is_cut_off_ && is_idempotent_; }

 private:
  struct EasyCleanup {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct ListCleanup {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  CurlTransfer(const Request& request, RequestUrl url, const CurlOptions& options)
      : url_(std::move(url)), options_(options), source_(request.body_source.get()), receiver_(request.receiver) {}
  Status set_up(const Request& request, Connection connection);
  Status set_fields(const Request& request);
  Status append_field(const char* line);
  CURLcode set_target(const Request& request);
  CURLcode set_body(const Request& request);
  CURLcode set_repetition(const Request& request, Connection connection);
  CURLcode set_limits();
  CURLcode set_trust();
  CURLcode set_reach();
  Result<int> status() const;  // Fails: protocol_violation.
  Error explain(CURLcode outcome) const;

  static CURLcode set_up_tls(CURL* easy, void* tls_context, void* transfer);
  static int verify_certificate(X509_STORE_CTX* chain, void* transfer);
  static int before_request(void* transfer, char* their_address, char* our_address, int their_port, int our_port);
  static curl_socket_t open_socket(void* transfer, curlsocktype purpose, curl_sockaddr* to);
  static std::size_t on_head(char* bytes, std::size_t one, std::size_t size, void* transfer);
  static std::size_t on_body(char* bytes, std::size_t one, std::size_t size, void* transfer);
  static std::size_t on_send(char* to, std::size_t one, std::size_t room, void* transfer);
  static int on_rewind(void* transfer, curl_off_t offset, int origin);
  bool take_head_line(std::string_view line);
  Status take_body(std::string_view piece);
  Status begin_body();

  RequestUrl url_;
  const CurlOptions& options_;
  const BodySource* source_;  // null: Request::body
  BodyReceiver* receiver_;    // null: Response::body
  std::uint64_t sent_ = 0;    // of source_
  std::unique_ptr<curl_slist, ListCleanup> fields_;
  std::unique_ptr<CURL, EasyCleanup> easy_;  // after what it points to, so that it goes first
  Response response_;
  WipedString body_;
  std::size_t head_bytes_ = 0;
  bool is_idempotent_ = false;
  std::size_t body_bytes_ = 0;
  bool may_repeat_ = false;
  bool is_sent_ = false;
  bool is_cut_off_ = false;
  bool is_certificate_refused_ = false;
  std::optional<Error> refused_;  // why a callback stopped the transfer
  char message_[CURL_ERROR_SIZE] = {};
};

}  // namespace latchkey::http
