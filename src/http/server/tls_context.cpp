#include "http/server/tls_context.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "http/server/ticket_keys.h"

namespace latchkey::http {
namespace {

template <auto free_function>
struct Freed {
  void operator()(auto* object) const { free_function(object); }
};
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;

constexpr const char* tls_1_2_suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

tl::unexpected<Error> invalid(std::string_view what) {
  ERR_clear_error();
  return fail(Code::configuration_invalid, what);
}

Bio reader(std::string_view pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

// An encrypted key must fail instead of asking on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

Status use_certificates(SSL_CTX* context, const TlsOptions& options) {
  const Bio chain = reader(options.certificate_chain_pem);
  const Certificate leaf(PEM_read_bio_X509(chain.get(), nullptr, no_passphrase, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) return invalid("TLS certificate cannot be read");
  while (Certificate next{PEM_read_bio_X509(chain.get(), nullptr, no_passphrase, nullptr)})
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) return invalid("TLS certificate chain cannot be used");
  ERR_clear_error();  // the end of the text is reported as an error

  const Bio key_text = reader(options.private_key_pem);
  const Key key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_passphrase, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return invalid("TLS private key cannot be read");
  if (SSL_CTX_check_private_key(context) != 1) return invalid("TLS certificate and private key do not belong together");
  return {};
}

// RFC 7301: a client that offers protocols must offer ours; one that offers none speaks HTTP/1.1.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  static constexpr std::string_view ours = "http/1.1";
  const std::string_view offers(reinterpret_cast<const char*>(offered), offered_size);
  for (std::size_t at = 0; at < offers.size();) {
    const auto length = static_cast<unsigned char>(offers[at]);
    if (offers.substr(at + 1, length) == ours) {
      *chosen = offered + at + 1;
      *size = length;
      return SSL_TLSEXT_ERR_OK;
    }
    at += 1U + length;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Not SSL_CTX_set_app_data(): that slot is Asio's.
int ticket_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

int prepare_ticket(const TicketKey& key, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int seal) {
  char digest[] = "SHA256";
  const ByteView mac_key = key.mac_key.reveal();
  const std::array parameters{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<std::uint8_t*>(mac_key.data()), mac_key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  if (EVP_MAC_CTX_set_params(mac, parameters.data()) != 1) return -1;
  const auto* cipher_key = key.cipher_key.reveal().data();
  return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, cipher_key, iv, seal) == 1 ? 1 : -1;
}

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 1 go on, 0 no such key (full handshake), 2 go on and renew, -1 failure.
int on_ticket(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
              int seal) {
  auto& keys = *static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), ticket_slot()));
  const auto now = std::chrono::steady_clock::now();
  if (seal == 1) {
    const auto key = keys.current(now);
    std::copy(key->name.begin(), key->name.end(), name);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    return prepare_ticket(*key, iv, cipher, mac, 1);
  }
  const auto key = keys.find(ByteView(name, 16), now);
  if (!key) return 0;
  const int prepared = prepare_ticket(*key, iv, cipher, mac, 0);
  return prepared == 1 && key != keys.current(now) ? 2 : prepared;
}

bool configure(SSL_CTX* context, TlsVersions versions) {
  const int lowest = versions == TlsVersions::from_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets carry the state
  SSL_CTX_set_timeout(context, 3600);
  return SSL_CTX_set_min_proto_version(context, lowest) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, tls_1_2_suites) == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1 && SSL_CTX_set_max_early_data(context, 0) == 1 &&
         SSL_CTX_set_num_tickets(context, 1) == 1 && SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) == 1;
}

}  // namespace

struct TlsContext::State {
  TicketKeys tickets;
  Context context;
};

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

ssl_ctx_st* TlsContext::native() const { return state_->context.get(); }

Result<std::unique_ptr<TlsContext>> TlsContext::create(const TlsOptions& options) {
  auto state = std::make_unique<State>();
  state->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = state->context.get();
  if (context == nullptr || !configure(context, options.versions) ||
      SSL_CTX_set_ex_data(context, ticket_slot(), &state->tickets) != 1) {
    ERR_clear_error();
    return fail(Code::crypto_failed, "TLS set-up");
  }
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  TRY_DO(use_certificates(context, options));
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(state)));
}

}  // namespace latchkey::http
