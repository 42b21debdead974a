#include <set>

#include "protocol/limits/vault.h"
#include "tests/faults/key_homes.h"
#include "tests/faults/world.h"
#include "tests/support/vault/soft_hsm.h"
#include "vault/key_stores/pkcs11_key_store.h"
#include "vault/pkcs11/token.h"

namespace latchkey::faults {
namespace {

namespace fs = std::filesystem;
using vault::pkcs11::Session;
using vault::testing::answering;
using vault::testing::SoftHsm;

constexpr std::string_view our_label = "Latchkey vault key";
constexpr std::string_view foreign_label = "somebody else's";

// Counts the calls of one of the module's functions.
template <auto Member>
struct Hook;
template <class... Arguments, CK_RV (*CK_FUNCTION_LIST::*Member)(Arguments...)>
struct Hook<Member> {
  static inline CK_RV (*original)(Arguments...) = nullptr;
  static CK_RV call(Arguments... arguments) {
    begin_key_call();
    const CK_RV code = original(arguments...);
    end_key_call();
    return code;
  }
  static void put_in(CK_FUNCTION_LIST& list) {
    if (original != nullptr) return;
    original = list.*Member;
    list.*Member = &call;
  }
};
template <auto... Members>
void hook(CK_FUNCTION_LIST& list) {
  (Hook<Members>::put_in(list), ...);
}

using List = CK_FUNCTION_LIST;
void hook_all(CK_FUNCTION_LIST& list) {
  hook<&List::C_OpenSession, &List::C_Login, &List::C_Logout, &List::C_CloseSession, &List::C_GenerateKey,
       &List::C_GenerateKeyPair, &List::C_FindObjects, &List::C_GetAttributeValue, &List::C_EncryptInit,
       &List::C_Encrypt, &List::C_DecryptInit, &List::C_Decrypt, &List::C_DeriveKey, &List::C_DestroyObject>(list);
}

// Of the smallest modulus that a slot may have: it is found in a third of the time, and the calls are the same.
CK_C_GenerateKeyPair generate_as_asked = nullptr;
CK_RV generate_smaller(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_ATTRIBUTE* of_public, CK_ULONG count,
                       CK_ATTRIBUTE* of_private, CK_ULONG private_count, CK_OBJECT_HANDLE* public_key,
                       CK_OBJECT_HANDLE* private_key) {
  CK_ULONG bits = 8 * protocol::limits::token_wrap_minimum;
  for (CK_ULONG i = 0; i < count; ++i)
    if (of_public[i].type == CKA_MODULUS_BITS) of_public[i].pValue = &bits;
  return generate_as_asked(session, mechanism, of_public, count, of_private, private_count, public_key, private_key);
}
void make_keys_smaller(CK_FUNCTION_LIST& list) {
  if (generate_as_asked != nullptr) return;
  generate_as_asked = list.C_GenerateKeyPair;
  list.C_GenerateKeyPair = generate_smaller;
}

std::string id_of(const Session& session, CK_OBJECT_HANDLE object) {
  std::string id(64, '\0');
  CK_ATTRIBUTE wanted{CKA_ID, id.data(), id.size()};
  if (session.functions().C_GetAttributeValue(session.get(), object, &wanted, 1) != CKR_OK) return {};
  id.resize(wanted.ulValueLen);
  return id;
}

// Keys, by their ids: a pair has one.
std::size_t count_labelled(const Session& session, std::string_view label) {
  std::string copy(label);
  CK_ATTRIBUTE wanted{CKA_LABEL, copy.data(), copy.size()};
  std::array<CK_OBJECT_HANDLE, 16> found{};
  CK_ULONG count = 0;
  session.functions().C_FindObjectsInit(session.get(), &wanted, 1);
  session.functions().C_FindObjects(session.get(), found.data(), found.size(), &count);
  session.functions().C_FindObjectsFinal(session.get());
  std::set<std::string> ids;
  for (CK_ULONG i = 0; i < count; ++i) ids.insert(id_of(session, found[i]));
  return ids.size();
}

void make_foreign(const Session& session) {
  CK_BBOOL yes = CK_TRUE;
  CK_OBJECT_CLASS secret_key = CKO_SECRET_KEY;
  CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
  std::string label(foreign_label);
  Bytes value(16, 7);
  std::array<CK_ATTRIBUTE, 5> attributes{{{CKA_CLASS, &secret_key, sizeof secret_key},
                                          {CKA_KEY_TYPE, &generic, sizeof generic},
                                          {CKA_TOKEN, &yes, sizeof yes},
                                          {CKA_LABEL, label.data(), label.size()},
                                          {CKA_VALUE, value.data(), value.size()}}};
  CK_OBJECT_HANDLE made = 0;
  session.functions().C_CreateObject(session.get(), attributes.data(), attributes.size(), &made);
}

template <class Work>
void with_session(Work work) {
  auto module = vault::pkcs11::Module::load(SoftHsm::module);
  if (!module || !module->initialise()) return;
  const auto token = find_token(*module, SoftHsm::token);
  if (!token) return;
  const auto session = Session::open(*module, *token, answering(SoftHsm::pin));
  if (session) work(*session);
}

class TokenHome final : public KeyHome {
 public:
  explicit TokenHome(vault::Pkcs11Mechanism mechanism) : mechanism_(mechanism) {}

  vault::SlotKind kind() const override { return vault::SlotKind::pkcs11; }
  // The module is loaded here and first used in processes that were forked, each for itself.
  std::string why_not() override {
    if (!SoftHsm::is_installed()) return "softhsm2 is not installed";
    SoftHsm::instance();
    folder_ = fs::path(std::getenv("SOFTHSM2_CONF")).parent_path() / "tokens";  // NOLINT(concurrency-mt-unsafe)
    auto module = vault::pkcs11::Module::load(SoftHsm::module);
    if (!module) return "the module does not load";
    make_keys_smaller(module->functions());
    hook_all(module->functions());
    static const std::map<fs::path, Bytes> fresh = [this] {
      run_forked([](Told&) { with_session(make_foreign); });
      keep();
      return kept_;
    }();
    kept_ = fresh;
    put_back();
    return {};
  }
  std::unique_ptr<vault::KeyStore> make_store() const override {
    vault::Pkcs11KeyStoreOptions options{.module = SoftHsm::module, .token = SoftHsm::token, .mechanism = mechanism_};
    options.ask_pin_to_forget = answering(SoftHsm::pin).ask_passcode;
    return vault::make_pkcs11_key_store(std::move(options));
  }

  std::uint64_t most_calls() const override {
    if (mechanism_ == vault::Pkcs11Mechanism::aes_256_gcm) return KeyHome::most_calls();
    return mechanism_ == vault::Pkcs11Mechanism::ecdh_p256 ? 8 : 3;  // primes take their time
  }

  void keep() override {
    kept_.clear();
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
      if (entry.is_regular_file()) kept_[entry.path()] = read_all(entry.path());
  }
  void put_back() override {
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
      if (entry.is_regular_file() && !kept_.contains(entry.path())) fs::remove(entry.path());
    for (const auto& [path, bytes] : kept_)
      std::ofstream(path, std::ios::binary).write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  }
  KeysThere look() const override {
    KeysThere there{.is_foreign_untouched = false};
    with_session([&](const Session& session) {
      there.ours = count_labelled(session, our_label);
      there.is_foreign_untouched = count_labelled(session, foreign_label) == 1;
    });
    return there;
  }

 private:
  vault::Pkcs11Mechanism mechanism_;
  fs::path folder_;
  std::map<fs::path, Bytes> kept_;
};

}  // namespace

std::unique_ptr<KeyHome> make_token_home() { return std::make_unique<TokenHome>(vault::Pkcs11Mechanism::aes_256_gcm); }
std::unique_ptr<KeyHome> make_rsa_token_home() {
  return std::make_unique<TokenHome>(vault::Pkcs11Mechanism::rsa_oaep_sha256);
}
std::unique_ptr<KeyHome> make_ec_token_home() { return std::make_unique<TokenHome>(vault::Pkcs11Mechanism::ecdh_p256); }

}  // namespace latchkey::faults
