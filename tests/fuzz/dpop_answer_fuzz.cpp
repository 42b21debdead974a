// Links: session http_client
// How a server answers a request with a DPoP proof: the status, the head's lines up to an empty one, the body. It may
// ask for its nonce in the next proof: once, and only one that is a nonce gets into a proof.
#include "http/client/field_syntax.h"
#include "protocol/json.h"
#include "protocol/limits.h"
#include "session/dpop_key.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using fuzz::holds;

namespace {

http::Response read_response(std::string_view text) {
  http::Response response;
  response.status = text.starts_with("401") ? 401 : text.starts_with("400") ? 400 : 200;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty()) break;
    const std::string whole = std::string(line) + "\r\n";  // the field is views into it
    if (const auto field = http::parse_field(whole)) response.headers.add(field->name, field->value);
  }
  response.body = WipedString(text);
  return response;
}

class OneAnswer final : public http::Client {
 public:
  explicit OneAnswer(std::string_view text) : response_(read_response(text)) {}
  using http::Client::send;
  Result<http::Response> send(const http::Request& request, std::stop_token) override {
    holds(++requests_ <= 2, "a request is repeated once");
    holds(request.headers.count("DPoP") == 1, "with one proof");
    check_proof(*request.headers.find("DPoP"));
    return response_;
  }
  int requests() const { return requests_; }

 private:
  void check_proof(std::string_view text) const {
    using namespace protocol::oauth;
    const auto proof = verify_dpop_proof(text, {"GET", "https://api.example/", "token"}, from_unix_seconds(1), nullptr);
    holds(proof.has_value(), "whatever the server said, a proof is one");
    if (requests_ == 1) return;
    holds(proof->nonce && *proof->nonce == response_.headers.find("dpop-nonce"), "with the nonce that was asked for");
    holds(proof->nonce->size() <= protocol::limits::dpop_nonce_bytes, "which is short");
    for (const char c : *proof->nonce)
      holds(c > ' ' && c < '\x7f' && c != '"' && c != '\\', "and of a nonce's characters");
  }

  http::Response response_;
  int requests_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ManualClock clock(from_unix_seconds(1));
  static const auto der = *crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256)->to_pkcs8();
  const auto key = *session::DpopKey::from_pkcs8(der, clock);  // anew: it remembers nonces
  OneAnswer server(fuzz::text_of(data, size));
  http::Request request;
  request.url = "https://api.example/";
  const auto response = key->send(server, std::move(request), "token", {});
  holds(response.has_value(), "an answer is an answer");
  holds(server.requests() == 1 || session::wants_dpop_nonce(*response), "repeated only when that was asked");
  return 0;
}
