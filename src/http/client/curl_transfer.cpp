#include "http/client/curl_transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "http/client/field_syntax.h"
#include "protocol/limits/client.h"

namespace latchkey::http {
namespace {

constexpr long large_buffer = 128L << 10;  // for bodies that go on to a file: fewer, longer steps

// Fields that frame the message or name its target; a caller who could set them could smuggle a second request.
bool frames_the_message(std::string_view name) {
  for (const std::string_view own :
       {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"})
    if (is_same_name(name, own)) return true;
  return false;
}

CURLcode first_failure(std::initializer_list<CURLcode> codes) {
  const auto failed = std::find_if(codes.begin(), codes.end(), [](CURLcode code) { return code != CURLE_OK; });
  return failed == codes.end() ? CURLE_OK : *failed;
}

std::optional<Address> address_of(const sockaddr& to) {
  char text[INET6_ADDRSTRLEN] = {};
  const void* bytes = nullptr;
  if (to.sa_family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in&>(to).sin_addr;
  if (to.sa_family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6&>(to).sin6_addr;
  if (bytes == nullptr || inet_ntop(to.sa_family, bytes, text, sizeof text) == nullptr) return std::nullopt;
  const auto address = Address::parse(text);
  return address ? std::optional(*address) : std::nullopt;
}

bool is_reachable(const sockaddr& to, const CurlOptions& options) {
  const auto address = address_of(to);
  if (!address) return false;
  return address->is_public() || std::any_of(options.also_reachable.begin(), options.also_reachable.end(),
                                             [&](const AddressRange& range) { return range.contains(*address); });
}

// Whether the connection broke during the TLS handshake, or the peer cannot do TLS as we want it. curl says it in words
// only.
bool connection_broke(std::string_view message) {
  return message.find("SSL_ERROR_SYSCALL") != message.npos || message.find("Connection reset") != message.npos;
}

}  // namespace

Result<std::unique_ptr<CurlTransfer>> CurlTransfer::prepare(const Request& request, const CurlOptions& options,
                                                            Connection connection) {
  TRY(RequestUrl url, RequestUrl::parse(request.url));
  std::unique_ptr<CurlTransfer> transfer(new CurlTransfer(request, std::move(url), options));
  TRY_DO(transfer->set_up(request, connection));
  return transfer;
}

Status CurlTransfer::set_up(const Request& request, Connection connection) {
  easy_.reset(curl_easy_init());
  if (!easy_) return fail(Code::internal, "out of memory");
  TRY_DO(set_fields(request));
  if (first_failure({set_target(request), set_repetition(request, connection), set_limits(), set_trust(),
                     set_reach()}) != CURLE_OK)
    return fail(Code::internal, "curl refused an option");
  return {};
}

Status CurlTransfer::set_fields(const Request& request) {
  for (const auto [name, value] : request.headers) {
    if (!is_field_name(name) || !is_field_value(value))
      return fail(Code::invalid_argument, "a header that cannot be sent");
    if (frames_the_message(name)) return fail(Code::invalid_argument, "a header that is not the caller's to set");
    WipedString line(name);
    // curl drops "Name:" and sends "Name;" as an empty field.
    if (value.empty())
      line += ';';
    else
      line.append(": ").append(value);
    TRY_DO(append_field(line.c_str()));
  }
  TRY_DO(append_field("Expect:"));  // no 100-continue: bodies are small, and a wait for it costs a second
  if (!request.headers.has("content-type")) TRY_DO(append_field("Content-Type:"));
  if (!request.headers.has("accept")) TRY_DO(append_field("Accept: */*"));
  return {};
}

Status CurlTransfer::append_field(const char* line) {
  curl_slist* longer = curl_slist_append(fields_.get(), line);
  if (longer == nullptr) return fail(Code::internal, "out of memory");
  static_cast<void>(fields_.release());
  fields_.reset(longer);
  return {};
}

CURLcode CurlTransfer::set_target(const Request& request) {
  CURL* easy = easy_.get();
  const std::string method(name_of(request.method));
  CURLcode code = first_failure({
      curl_easy_setopt(easy, CURLOPT_CURLU, url_.handle()),
      curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields_.get()),
      curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str()),
      curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L),
      // curl's HTTP/2 buffers belong to another library and would not be wiped.
      curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)),
      curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L),
      curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
      curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L),
  });
  if (code == CURLE_OK && options_.proxy == ProxyUse::none) code = curl_easy_setopt(easy, CURLOPT_PROXY, "");
  if (code == CURLE_OK) code = set_body(request);
  if (code == CURLE_OK && request.method == Method::head) code = curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  return code;
}

CURLcode CurlTransfer::set_body(const Request& request) {
  CURL* easy = easy_.get();
  if (source_ != nullptr)
    return first_failure({
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L),
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(source_->size())),
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send),
        curl_easy_setopt(easy, CURLOPT_READDATA, this),
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_rewind),
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, this),
    });
  const bool has_body = !request.body.empty() || request.method == Method::post || request.method == Method::put ||
                        request.method == Method::patch;
  if (!has_body) return CURLE_OK;
  return first_failure({
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str()),
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size())),
  });
}

// curl repeats any request by itself when a kept connection dies before a byte of the answer came. The server may have
// done the work: a repeated refresh or DPoP proof is a replay to many servers, so only what is idempotent may go out
// twice, and a proof is a new one then (RFC 9110 section 9.2.2, RFC 9449 section 11.1).
CURLcode CurlTransfer::set_repetition(const Request& request, Connection connection) {
  CURL* easy = easy_.get();
  is_idempotent_ = request.method != Method::post && request.method != Method::patch;
  may_repeat_ = is_idempotent_ && !request.headers.has("dpop");
  return first_failure({
      // Servers close idle connections after 5 s or more, and what is sent into the closing one is lost.
      curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, is_idempotent_ ? 10L : 2L),
      curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, connection == Connection::fresh ? 1L : 0L),
      curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request),
      curl_easy_setopt(easy, CURLOPT_PREREQDATA, this),
  });
}

int CurlTransfer::before_request(void* transfer, char*, char*, int, int) {
  auto& self = *static_cast<CurlTransfer*>(transfer);
  if (self.is_sent_ && !self.may_repeat_) {
    self.is_cut_off_ = true;
    self.refused_ = Error{Code::network_unreachable, "the connection broke"};
    return CURL_PREREQFUNC_ABORT;
  }
  self.is_sent_ = true;
  return CURL_PREREQFUNC_OK;
}

CURLcode CurlTransfer::set_limits() {
  CURL* easy = easy_.get();
  return first_failure({
      curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, receiver_ != nullptr ? large_buffer : CURL_MAX_WRITE_SIZE),
      curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count())),
      curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.total_timeout.count())),
      curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head),
      curl_easy_setopt(easy, CURLOPT_HEADERDATA, this),
      curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body),
      curl_easy_setopt(easy, CURLOPT_WRITEDATA, this),
      curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message_),
      curl_easy_setopt(easy, CURLOPT_PRIVATE, this),
  });
}

CURLcode CurlTransfer::set_trust() {
  CURL* easy = easy_.get();
  CURLcode code = first_failure({
      curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)),
      curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "ECDHE+AESGCM:ECDHE+CHACHA20"),
      curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L),
      curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L),
      curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_up_tls),
      curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this),
  });
  if (code == CURLE_OK && options_.ca_file)
    code = first_failure({curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file->c_str()),
                          curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr)});
  const std::string pins(options_.pinned_keys.pins_of(url_.host()));
  if (code == CURLE_OK && !pins.empty()) code = curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, pins.c_str());
  return code;
}

CURLcode CurlTransfer::set_reach() {
  if (options_.reach == Reach::any) return CURLE_OK;
  return first_failure({curl_easy_setopt(easy_.get(), CURLOPT_OPENSOCKETFUNCTION, open_socket),
                        curl_easy_setopt(easy_.get(), CURLOPT_OPENSOCKETDATA, this)});
}

// curl calls this with the very address it will connect to, after the name was looked up: a second answer of the name
// server changes nothing.
curl_socket_t CurlTransfer::open_socket(void* transfer, curlsocktype, curl_sockaddr* to) {
  auto& self = *static_cast<CurlTransfer*>(transfer);
  if (!is_reachable(to->addr, self.options_)) {
    self.refused_ = Error{Code::network_unreachable, "the address is not public, and not allowed"};
    return CURL_SOCKET_BAD;
  }
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::size_t CurlTransfer::on_head(char* bytes, std::size_t, std::size_t size, void* transfer) {
  const bool taken = static_cast<CurlTransfer*>(transfer)->take_head_line({bytes, size});
  return taken ? size : 0;
}

bool CurlTransfer::take_head_line(std::string_view line) {
  head_bytes_ += line.size();
  if (head_bytes_ > options_.max_response_head_bytes) {
    refused_ = Error{Code::input_too_large, "response head"};
    return false;
  }
  if (line.starts_with("HTTP/")) {  // a status line: of a 1xx response, or of the last one
    response_.headers.clear();
    return true;
  }
  if (line.find_first_not_of("\r\n") == line.npos) return true;
  const auto field = parse_field(line);
  if (field) {
    response_.headers.add(field->name, field->value);
    return true;
  }
  refused_ = field.error();
  return false;
}

std::size_t CurlTransfer::on_body(char* bytes, std::size_t, std::size_t size, void* transfer) {
  auto& self = *static_cast<CurlTransfer*>(transfer);
  const Status taken = self.take_body({bytes, size});
  if (taken) return size;
  self.refused_ = taken.error();
  return 0;
}

Status CurlTransfer::take_body(std::string_view piece) {
  if (piece.size() > options_.max_response_body_bytes - body_bytes_)
    return fail(Code::input_too_large, "response body");
  if (body_bytes_ == 0) TRY_DO(begin_body());
  body_bytes_ += piece.size();
  if (receiver_ != nullptr) return receiver_->write(piece);
  body_.append(piece);
  return {};
}

Status CurlTransfer::begin_body() {
  if (receiver_ != nullptr) {
    TRY(response_.status, status());
    return receiver_->begin(response_);
  }
  curl_off_t announced = 0;  // by whoever answers: room for it is made up to a bound
  curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  constexpr curl_off_t most = protocol::limits::announced_body_bytes;
  body_.reserve(static_cast<std::size_t>(std::clamp<curl_off_t>(announced, 0, most)));
  return {};
}

std::size_t CurlTransfer::on_send(char* to, std::size_t one, std::size_t room, void* transfer) {
  auto& self = *static_cast<CurlTransfer*>(transfer);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(one * room, self.source_->size() - self.sent_));
  if (size == 0) return 0;
  const Status read = self.source_->read(self.sent_, {reinterpret_cast<std::uint8_t*>(to), size});
  if (!read) {
    self.refused_ = read.error();
    return CURL_READFUNC_ABORT;
  }
  self.sent_ += size;
  return size;
}

// Before a request is repeated on another connection.
int CurlTransfer::on_rewind(void* transfer, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<CurlTransfer*>(transfer)->sent_ = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

Result<int> CurlTransfer::status() const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status > 599) return fail(Code::protocol_violation, "response status");
  return static_cast<int>(status);
}

Result<Response> CurlTransfer::finish(CURLcode outcome) {
  if (outcome != CURLE_OK) return tl::unexpected(explain(outcome));
  TRY(response_.status, status());
  response_.body = std::move(body_);
  return std::move(response_);
}

// Read buffers are OpenSSL's, not curl's: have it erase decrypted bytes once they are handed over. No renegotiation,
// for that would verify again when this transfer is gone and its connection kept.
CURLcode CurlTransfer::set_up_tls(CURL*, void* tls_context, void* transfer) {
  auto* context = static_cast<SSL_CTX*>(tls_context);
  SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_cert_verify_callback(context, verify_certificate, transfer);
  return CURLE_OK;
}

// What OpenSSL would do anyway, but told apart: curl reports some bad certificates as a failed handshake only.
int CurlTransfer::verify_certificate(X509_STORE_CTX* chain, void* transfer) {
  const int verdict = X509_verify_cert(chain);
  if (verdict != 1) static_cast<CurlTransfer*>(transfer)->is_certificate_refused_ = true;
  return verdict;
}

Error CurlTransfer::explain(CURLcode outcome) const {
  if (refused_) return *refused_;
  switch (outcome) {
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return {Code::pin_mismatch, {}};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return {Code::tls_untrusted, {}};
    case CURLE_SSL_CACERT_BADFILE:
      return {Code::configuration_invalid, "the CA file cannot be read"};
    case CURLE_OPERATION_TIMEDOUT:
      return {Code::network_timeout, {}};
    case CURLE_SSL_CONNECT_ERROR:
      if (is_certificate_refused_) return {Code::tls_untrusted, {}};
      return connection_broke(message_)
                 ? Error{Code::network_unreachable, "the connection broke during the TLS handshake"}
                 : Error{Code::protocol_violation, "no common TLS version or cipher"};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {Code::network_unreachable, "name lookup"};
    case CURLE_COULDNT_CONNECT:
      return {Code::network_unreachable, "connect"};
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
      return {Code::network_unreachable, "the connection broke"};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return {Code::protocol_violation, "not an HTTP response"};
    case CURLE_OUT_OF_MEMORY:  // also what curl calls a line of a head that is longer than it holds
      if (is_sent_ && body_bytes_ == 0) return {Code::input_too_large, "response head"};
      return {Code::internal, "out of memory"};
    default:
      return {Code::network_unreachable, "curl error " + std::to_string(static_cast<int>(outcome))};
  }
}

}  // namespace latchkey::http
