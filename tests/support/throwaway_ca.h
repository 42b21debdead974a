// A certificate authority that lives as long as a test: makes leaf certificates for any name, good and bad ones.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::testing {

struct X509Cleanup {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, X509Cleanup>;
using PrivateKey = std::unique_ptr<EVP_PKEY, X509Cleanup>;

struct ServerIdentity {
  Certificate certificate;
  PrivateKey key;

  // SubjectPublicKeyInfo in DER: what a pin is the digest of.
  Bytes public_key_info() const {
    Bytes der(static_cast<std::size_t>(i2d_PUBKEY(key.get(), nullptr)));
    std::uint8_t* at = der.data();
    i2d_PUBKEY(key.get(), &at);
    return der;
  }
};

inline PrivateKey new_private_key() { return PrivateKey(EVP_EC_gen("P-256")); }

class ThrowawayCa final {
 public:
  ThrowawayCa() : key_(new_private_key()), certificate_(make(*key_, "Throwaway CA", "CA:TRUE", {}, 1)) {
    X509_sign(certificate_.get(), key_.get(), EVP_sha256());
    FILE* file = std::fopen(file_name().c_str(), "w");
    PEM_write_X509(file, certificate_.get());
    std::fclose(file);
  }

  std::filesystem::path file_name() const { return folder_.path() / "ca.pem"; }

  // `names` as OpenSSL writes subject alternative names: "IP:127.0.0.1,DNS:localhost". `days` may lie in the past.
  ServerIdentity issue(const std::string& names, int days = 1) const {
    return issue_for(new_private_key(), names, days);
  }
  ServerIdentity issue_for(PrivateKey key, const std::string& names, int days = 1) const {
    ServerIdentity identity{make(*key, "leaf", "CA:FALSE", names, days), std::move(key)};
    X509_set_issuer_name(identity.certificate.get(), X509_get_subject_name(certificate_.get()));
    X509_sign(identity.certificate.get(), key_.get(), EVP_sha256());
    return identity;
  }

  static ServerIdentity self_signed(const std::string& names) {
    PrivateKey key = new_private_key();
    ServerIdentity identity{make(*key, "leaf", "CA:FALSE", names, 1), std::move(key)};
    X509_sign(identity.certificate.get(), identity.key.get(), EVP_sha256());
    return identity;
  }

 private:
  static void add_extension(X509* certificate, int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static Certificate make(EVP_PKEY& key, const char* name, const std::string& constraints, const std::string& names,
                          int days) {
    Certificate certificate(X509_new());
    X509* x509 = certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++last_serial);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3 * 86'400);
    X509_gmtime_adj(X509_getm_notAfter(x509), days * 86'400L);
    X509_set_pubkey(x509, &key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    add_extension(x509, NID_basic_constraints, "critical," + constraints);
    if (!names.empty()) add_extension(x509, NID_subject_alt_name, names);
    return certificate;
  }

  static inline long last_serial = 0;
  TemporaryFolder folder_;
  PrivateKey key_;
  Certificate certificate_;
};

}  // namespace latchkey::testing
