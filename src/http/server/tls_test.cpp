#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <thread>

#include "http/server/server.h"
#include "tests/support/raw_http.h"

namespace latchkey::http {
namespace {

using namespace std::chrono_literals;
using testing::RawHttp;

template <auto free_function>
struct Freed {
  void operator()(auto* object) const { free_function(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Freed<SSL_free>>;
using Session = std::unique_ptr<SSL_SESSION, Freed<SSL_SESSION_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;

Key make_key() { return Key(EVP_EC_gen("P-256")); }

void add_extension(X509* certificate, X509* issuer, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// A certificate for `key`, signed by `issuer` (itself when null).
Certificate make_certificate(const char* name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  Certificate certificate(X509_new());
  X509* raw = certificate.get();
  X509_set_version(raw, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), issuer == nullptr ? 1 : 2);
  X509_gmtime_adj(X509_getm_notBefore(raw), -60);
  X509_gmtime_adj(X509_getm_notAfter(raw), 3600);
  X509_set_pubkey(raw, key);
  X509_NAME* subject = X509_get_subject_name(raw);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(raw, issuer == nullptr ? subject : X509_get_subject_name(issuer));
  if (issuer == nullptr)
    add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE");
  else
    add_extension(raw, issuer, NID_subject_alt_name, "DNS:localhost");
  X509_sign(raw, issuer_key == nullptr ? key : issuer_key, EVP_sha256());
  return certificate;
}

template <class Write>
std::string to_pem(Write write) {
  const Bio memory(BIO_new(BIO_s_mem()));
  write(memory.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}
std::string to_pem(X509* certificate) {
  return to_pem([&](BIO* to) { PEM_write_bio_X509(to, certificate); });
}
std::string to_pem(EVP_PKEY* key) {
  return to_pem([&](BIO* to) { PEM_write_bio_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

// A TLS client that trusts one authority.
class TlsClient {
 public:
  TlsClient(std::uint16_t port, X509* authority) : raw_(port), context_(SSL_CTX_new(TLS_client_method())) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), authority);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set1_host(ssl_.get(), "localhost");
    SSL_set_fd(ssl_.get(), raw_.native());
  }
  SSL* ssl() { return ssl_.get(); }
  bool shake_hands() {
    const bool is_connected = SSL_connect(ssl_.get()) == 1;
    ERR_clear_error();
    return is_connected;
  }
  std::string ask(std::string_view request) {
    SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size()));
    std::string received;
    char bytes[4096];
    for (int count = 0; (count = SSL_read(ssl_.get(), bytes, sizeof bytes)) > 0;)
      received.append(bytes, static_cast<std::size_t>(count));
    was_closed_properly_ = (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    ERR_clear_error();
    return received;
  }
  bool was_closed_properly() const { return was_closed_properly_; }

 private:
  RawHttp raw_;
  Context context_;
  Ssl ssl_;
  bool was_closed_properly_ = false;
};

class Tls : public ::testing::Test {
 protected:
  Tls() {
    routes_.add(Method::post, "/echo", [](const Request& request) -> Task<Response> {
      co_return text_response(200, request.is_secure ? "text/secure" : "text/plain", WipedString(request.body));
    });
    routes_.add(Method::get, "/large", [](const Request&) -> Task<Response> {
      co_return text_response(200, "text/plain", WipedString(1'000'000, 'x'));
    });
  }
  TlsOptions identity(TlsVersions versions = TlsVersions::only_1_3) const {
    return {to_pem(leaf_.get()) + to_pem(authority_.get()), WipedString(to_pem(key_.get())), versions};
  }
  void start(TlsVersions versions = TlsVersions::only_1_3, ConnectionLimits limits = {}) {
    ServerOptions options;
    options.tls = identity(versions);
    options.limits = limits;
    server_ = Server::start(routes_, std::move(options)).value();
  }
  TlsClient connect() const { return TlsClient(server_->port(), authority_.get()); }

  const Key authority_key_ = make_key();
  const Certificate authority_ = make_certificate("Test CA", authority_key_.get(), nullptr, nullptr);
  const Key key_ = make_key();
  const Certificate leaf_ = make_certificate("localhost", key_.get(), authority_.get(), authority_key_.get());
  Router routes_;
  std::unique_ptr<Server> server_;
};

constexpr std::string_view echo_once =
    "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";

TEST_F(Tls, serves_over_1_3_with_hsts_and_says_goodbye) {
  start();
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  EXPECT_EQ(SSL_version(client.ssl()), TLS1_3_VERSION);
  const std::string response = client.ask(echo_once);
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/secure\r\n")) << response;
  EXPECT_TRUE(response.ends_with("\r\n\r\nhello"));
  EXPECT_NE(response.find("Strict-Transport-Security: max-age=63072000; includeSubDomains\r\n"), std::string::npos);
  EXPECT_TRUE(client.was_closed_properly());
  EXPECT_TRUE(server_->origin().starts_with("https://127.0.0.1:"));
}

TEST_F(Tls, keeps_a_connection_for_many_requests) {
  start();
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  std::string requests;
  for (int i = 0; i < 5; ++i) requests += "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi";
  EXPECT_EQ(testing::count_responses(client.ask(requests + std::string(echo_once))), 6U);
}

TEST_F(Tls, large_responses_arrive_whole) {
  start();
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  const std::string response = client.ask("GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(response.size() - response.find("\r\n\r\n") - 4, 1'000'000U);
}

TEST_F(Tls, refuses_1_2_unless_told_otherwise) {
  start();
  TlsClient client = connect();
  SSL_set_max_proto_version(client.ssl(), TLS1_2_VERSION);
  EXPECT_FALSE(client.shake_hands());

  start(TlsVersions::from_1_2);
  TlsClient old = connect();
  SSL_set_max_proto_version(old.ssl(), TLS1_2_VERSION);
  ASSERT_TRUE(old.shake_hands());
  EXPECT_TRUE(old.ask(echo_once).ends_with("hello"));
  EXPECT_TRUE(connect().shake_hands());
}

TEST_F(Tls, with_1_2_only_forward_secret_aead_suites) {
  start(TlsVersions::from_1_2);
  for (const char* suite :
       {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"}) {
    TlsClient client = connect();
    SSL_set_max_proto_version(client.ssl(), TLS1_2_VERSION);
    ASSERT_EQ(SSL_set_cipher_list(client.ssl(), suite), 1);
    EXPECT_FALSE(client.shake_hands()) << suite;
  }
  TlsClient ancient = connect();
  SSL_set_security_level(ancient.ssl(), 0);
  SSL_set_min_proto_version(ancient.ssl(), TLS1_VERSION);
  SSL_set_max_proto_version(ancient.ssl(), TLS1_1_VERSION);
  EXPECT_FALSE(ancient.shake_hands());
}

TEST_F(Tls, agrees_on_x25519_and_p256_only) {
  start();
  for (const char* group : {"X25519", "P-256"}) {
    TlsClient client = connect();
    SSL_set1_groups_list(client.ssl(), group);
    EXPECT_TRUE(client.shake_hands()) << group;
  }
  for (const char* group : {"P-384", "X448", "ffdhe2048"}) {
    TlsClient client = connect();
    SSL_set1_groups_list(client.ssl(), group);
    EXPECT_FALSE(client.shake_hands()) << group;
  }
}

TEST_F(Tls, speaks_http_1_1_and_no_other_protocol) {
  start();
  const auto offer = [this](std::string_view protocols) {
    TlsClient client = connect();
    SSL_set_alpn_protos(client.ssl(), reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
    if (!client.shake_hands()) return std::string("refused");
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.ssl(), &chosen, &size);
    return std::string(reinterpret_cast<const char*>(chosen), size);
  };
  EXPECT_EQ(offer("\x02h2\x08http/1.1"), "http/1.1");
  EXPECT_EQ(offer("\x02h2"), "refused");
  EXPECT_EQ(offer("\x08http/1.0"), "refused");
  EXPECT_EQ(offer("\x03"
                  "foo\x02h2"),
            "refused");
}

TEST_F(Tls, tickets_resume_without_early_data) {
  start();
  TlsClient first = connect();
  ASSERT_TRUE(first.shake_hands());
  first.ask(echo_once);  // the ticket comes with the first answer
  const Session session(SSL_get1_session(first.ssl()));
  EXPECT_EQ(SSL_SESSION_get_max_early_data(session.get()), 0U);
  TlsClient second = connect();
  SSL_set_session(second.ssl(), session.get());
  ASSERT_TRUE(second.shake_hands());
  EXPECT_EQ(SSL_session_reused(second.ssl()), 1);
  EXPECT_TRUE(second.ask(echo_once).ends_with("hello"));

  start();  // another server has other keys
  TlsClient third = connect();
  SSL_set_session(third.ssl(), session.get());
  ASSERT_TRUE(third.shake_hands());
  EXPECT_EQ(SSL_session_reused(third.ssl()), 0);
}

TEST_F(Tls, refuses_malformed_requests_as_plain_http_does) {
  start();
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  const std::string all =
      client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" +
                 std::string(echo_once));
  EXPECT_TRUE(all.starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(testing::count_responses(all), 1U);
}

TEST_F(Tls, slow_and_foreign_handshakes_are_cut_off) {
  start(TlsVersions::only_1_3, {.handshake = 40ms});
  RawHttp silent(server_->port());
  EXPECT_EQ(silent.read_all(), "");
  RawHttp plain(server_->port());
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(plain.read_all().starts_with("HTTP"));
}

TEST_F(Tls, idle_and_slow_connections_are_cut_off) {
  start(TlsVersions::only_1_3, {.head = 40ms, .idle = 40ms});
  TlsClient idle = connect();
  ASSERT_TRUE(idle.shake_hands());
  EXPECT_EQ(idle.ask(""), "");
  TlsClient slow = connect();
  ASSERT_TRUE(slow.shake_hands());
  EXPECT_EQ(slow.ask("GET /large HTT"), "");
}

TEST_F(Tls, draining_ends_handshakes_and_idle_connections) {
  start();
  RawHttp silent(server_->port());
  TlsClient idle = connect();
  ASSERT_TRUE(idle.shake_hands());
  while (server_->open_connections() != 2) std::this_thread::yield();
  server_->stop();
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_EQ(idle.ask(""), "");
}

TEST_F(Tls, chains_and_keys_that_do_not_fit_are_refused_at_the_start) {
  const auto code_of = [this](TlsOptions tls) {
    ServerOptions options;
    options.tls = std::move(tls);
    return Server::start(routes_, std::move(options)).error().code;
  };
  TlsOptions wrong_key = identity();
  wrong_key.private_key_pem = WipedString(to_pem(authority_key_.get()));
  EXPECT_EQ(code_of(std::move(wrong_key)), Code::configuration_invalid);
  TlsOptions no_key = identity();
  no_key.private_key_pem.clear();
  EXPECT_EQ(code_of(std::move(no_key)), Code::configuration_invalid);
  TlsOptions no_certificate = identity();
  no_certificate.certificate_chain_pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(code_of(std::move(no_certificate)), Code::configuration_invalid);
  TlsOptions encrypted = identity();
  encrypted.private_key_pem = WipedString(to_pem(
      [&](BIO* to) { PEM_write_bio_PKCS8PrivateKey(to, key_.get(), EVP_aes_256_cbc(), "x", 1, nullptr, nullptr); }));
  EXPECT_EQ(code_of(std::move(encrypted)), Code::configuration_invalid);
}

}  // namespace
}  // namespace latchkey::http
