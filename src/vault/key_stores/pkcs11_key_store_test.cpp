// The real SoftHSM; and for what it never does, PINs that lock, the scripted module.
#include "vault/key_stores/pkcs11_key_store.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <array>

#include "crypto/random.h"
#include "tests/support/vault/scripted_pkcs11.h"
#include "tests/support/vault/soft_hsm.h"
#include "vault/pkcs11/token.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::SoftHsm;

constexpr SlotBinding token_binding{{1}, 1};

class Pkcs11KeyStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SoftHsm::is_installed()) GTEST_SKIP() << "SoftHSM is not installed: ./dev setup";
    SoftHsm::instance();
  }
  static Pkcs11KeyStoreOptions options(std::string token = SoftHsm::token) {
    Pkcs11KeyStoreOptions made{.module = SoftHsm::module, .token = std::move(token)};
    made.ask_pin_to_forget = answering(SoftHsm::pin).ask_passcode;
    return made;
  }
  WrappedKey wrap(KeyStore& store) {
    auto wrapped = store.wrap(key, token_binding, user);
    EXPECT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
    return *std::move(wrapped);
  }
  // What somebody else's program does with the same token.
  template <class Work>
  static void with_session(Work work) {
    auto module = pkcs11::Module::load(SoftHsm::module);
    ASSERT_TRUE(module && module->initialise());
    const auto token = find_token(*module, SoftHsm::token);
    ASSERT_TRUE(token.has_value());
    const auto session = pkcs11::Session::open(*module, *token, answering(SoftHsm::pin));
    ASSERT_TRUE(session.has_value()) << to_string(session.error());
    work(*session);
  }
  static CK_OBJECT_HANDLE find_by_id(const pkcs11::Session& session, ByteView id) {
    Bytes copy(id.begin(), id.end());
    CK_ATTRIBUTE wanted{CKA_ID, copy.data(), copy.size()};
    CK_OBJECT_HANDLE found = 0;
    CK_ULONG count = 0;
    session.functions().C_FindObjectsInit(session.get(), &wanted, 1);
    session.functions().C_FindObjects(session.get(), &found, 1, &count);
    session.functions().C_FindObjectsFinal(session.get());
    return count == 0 ? 0 : found;
  }

  SlotKey key = crypto::random_secret<SlotKeyTag>(slot_key_size);
  Prompt user = answering(SoftHsm::pin);
};

TEST_F(Pkcs11KeyStoreTest, the_key_does_not_leave_the_token) {
  for (const Pkcs11Mechanism mechanism : {Pkcs11Mechanism::aes_256_gcm, Pkcs11Mechanism::rsa_oaep_sha256}) {
    Pkcs11KeyStoreOptions chosen = options();
    chosen.mechanism = mechanism;
    const auto store = make_pkcs11_key_store(chosen);
    const WrappedKey wrapped = wrap(*store);
    with_session([&](const pkcs11::Session& session) {
      const CK_OBJECT_HANDLE found = find_by_id(session, ByteView(wrapped.parameters).subspan(2, 16));
      ASSERT_NE(found, 0U);
      Bytes value(1024);
      const bool is_aes = mechanism == Pkcs11Mechanism::aes_256_gcm;
      CK_ATTRIBUTE secret{is_aes ? CKA_VALUE : CKA_PRIVATE_EXPONENT, value.data(), value.size()};
      EXPECT_NE(session.functions().C_GetAttributeValue(session.get(), found, &secret, 1), CKR_OK);
    });
    EXPECT_TRUE(store->forget(wrapped).has_value());
  }
}

TEST_F(Pkcs11KeyStoreTest, chooses_what_binds_most_and_says_so_in_the_slot) {
  const auto store = make_pkcs11_key_store(options());
  const WrappedKey wrapped = wrap(*store);
  EXPECT_EQ(parse_pkcs11_parameters(wrapped.parameters)->mechanism, Pkcs11Mechanism::aes_256_gcm);
  EXPECT_TRUE(store->forget(wrapped).has_value());
}

// SoftHSM takes no SHA-256 in OAEP; other tokens do.
TEST_F(Pkcs11KeyStoreTest, a_token_without_sha256_in_oaep_gets_sha1) {
  Pkcs11KeyStoreOptions rsa = options();
  rsa.mechanism = Pkcs11Mechanism::rsa_oaep_sha256;
  const auto store = make_pkcs11_key_store(rsa);
  const WrappedKey wrapped = wrap(*store);
  EXPECT_EQ(parse_pkcs11_parameters(wrapped.parameters)->mechanism, Pkcs11Mechanism::rsa_oaep_sha1);
  const auto opened = store->unwrap(wrapped, token_binding, user);
  ASSERT_TRUE(opened.has_value()) << to_string(opened.error());
  EXPECT_EQ(to_hex(opened->reveal()), to_hex(key.reveal()));
  EXPECT_TRUE(store->forget(wrapped).has_value());
}

TEST_F(Pkcs11KeyStoreTest, a_wrong_pin_is_told_from_everything_else) {
  const auto store = make_pkcs11_key_store(options());
  const WrappedKey wrapped = wrap(*store);
  EXPECT_EQ(code_of(store->unwrap(wrapped, token_binding, answering("wrong horse"))), Code::wrong_passcode);
  EXPECT_EQ(code_of(store->unwrap(wrapped, token_binding, {})), Code::user_cancelled);
  EXPECT_EQ(code_of(store->unwrap(wrapped, token_binding, user)), Code{});
  EXPECT_TRUE(store->forget(wrapped).has_value());
}

TEST_F(Pkcs11KeyStoreTest, a_token_that_is_not_there_is_no_missing_key) {
  const auto store = make_pkcs11_key_store(options());
  const WrappedKey wrapped = wrap(*store);
  auto elsewhere = *parse_pkcs11_parameters(wrapped.parameters);
  elsewhere.token = "another token";
  const WrappedKey absent{print_pkcs11_parameters(elsewhere), wrapped.sealed};
  EXPECT_EQ(code_of(store->unwrap(absent, token_binding, user)), Code::temporarily_unavailable);
  EXPECT_EQ(code_of(store->probe(absent)), Code::temporarily_unavailable);
  EXPECT_EQ(code_of(make_pkcs11_key_store(options("another token"))->wrap(key, token_binding, user)),
            Code::temporarily_unavailable);
  EXPECT_TRUE(store->forget(wrapped).has_value());
}

TEST_F(Pkcs11KeyStoreTest, a_key_that_was_deleted_is_missing) {
  const auto store = make_pkcs11_key_store(options());
  const WrappedKey wrapped = wrap(*store);
  with_session([&](const pkcs11::Session& session) {
    const CK_OBJECT_HANDLE found = find_by_id(session, ByteView(wrapped.parameters).subspan(2, 16));
    EXPECT_EQ(session.functions().C_DestroyObject(session.get(), found), CKR_OK);
  });
  EXPECT_EQ(code_of(store->unwrap(wrapped, token_binding, user)), Code::key_missing);
}

TEST_F(Pkcs11KeyStoreTest, forgetting_leaves_other_programs_objects_and_needs_the_pin) {
  const auto store = make_pkcs11_key_store(options());
  const WrappedKey wrapped = wrap(*store);
  Bytes foreign_id{1, 2, 3, 4};
  with_session([&](const pkcs11::Session& session) {
    CK_BBOOL yes = CK_TRUE;
    CK_OBJECT_CLASS secret_key = CKO_SECRET_KEY;
    CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
    Bytes value(16, 7);
    std::array<CK_ATTRIBUTE, 5> attributes{{{CKA_CLASS, &secret_key, sizeof secret_key},
                                            {CKA_KEY_TYPE, &generic, sizeof generic},
                                            {CKA_TOKEN, &yes, sizeof yes},
                                            {CKA_ID, foreign_id.data(), foreign_id.size()},
                                            {CKA_VALUE, value.data(), value.size()}}};
    CK_OBJECT_HANDLE made = 0;
    ASSERT_EQ(session.functions().C_CreateObject(session.get(), attributes.data(), attributes.size(), &made), CKR_OK);
  });
  Pkcs11KeyStoreOptions mute = options();
  mute.ask_pin_to_forget = {};
  EXPECT_EQ(code_of(make_pkcs11_key_store(mute)->forget(wrapped)), Code::user_cancelled);
  EXPECT_TRUE(store->forget(wrapped).has_value());
  with_session([&](const pkcs11::Session& session) {
    EXPECT_EQ(find_by_id(session, ByteView(wrapped.parameters).subspan(2, 16)), 0U);
    const CK_OBJECT_HANDLE foreign = find_by_id(session, foreign_id);
    ASSERT_NE(foreign, 0U);
    session.functions().C_DestroyObject(session.get(), foreign);
  });
}

// A login is the whole process's: with somebody else logged in the token would take any PIN.
TEST_F(Pkcs11KeyStoreTest, does_not_open_on_somebody_else_s_login) {
  const auto store = make_pkcs11_key_store(options());
  const WrappedKey wrapped = wrap(*store);
  auto module = pkcs11::Module::load(SoftHsm::module);
  ASSERT_TRUE(module && module->initialise());
  CK_FUNCTION_LIST& functions = module->functions();
  const auto token = find_token(*module, SoftHsm::token);
  CK_SESSION_HANDLE foreign = 0;
  ASSERT_EQ(functions.C_OpenSession(token->slot, CKF_SERIAL_SESSION, nullptr, nullptr, &foreign), CKR_OK);
  std::string pin = SoftHsm::pin;
  auto* const bytes = reinterpret_cast<unsigned char*>(pin.data());
  ASSERT_EQ(functions.C_Login(foreign, CKU_USER, bytes, pin.size()), CKR_OK);
  EXPECT_EQ(code_of(store->unwrap(wrapped, token_binding, answering("wrong horse"))), Code::temporarily_unavailable);
  CK_SESSION_INFO info{};
  EXPECT_EQ(functions.C_GetSessionInfo(foreign, &info), CKR_OK);
  EXPECT_EQ(info.state, CKS_RO_USER_FUNCTIONS) << "and leaves that login alone";
  functions.C_Logout(foreign);
  functions.C_CloseSession(foreign);
  EXPECT_TRUE(store->forget(wrapped).has_value());
}

TEST_F(Pkcs11KeyStoreTest, a_module_is_named_by_its_whole_path) {
  EXPECT_EQ(code_of(make_pkcs11_key_store({.module = "libsofthsm2.so", .token = "t"})->wrap(key, token_binding, user)),
            Code::configuration_invalid);
  EXPECT_EQ(
      code_of(make_pkcs11_key_store({.module = "/nonexistent/m.so", .token = "t"})->wrap(key, token_binding, user)),
      Code::unsupported);
  EXPECT_EQ(code_of(make_pkcs11_key_store({.module = SoftHsm::module, .token = ""})->wrap(key, token_binding, user)),
            Code::configuration_invalid);
}

// --- what SoftHSM never does ---

class ScriptedPkcs11 : public ::testing::Test {
 protected:
  static std::filesystem::path module() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "scripted_pkcs11.so";
  }
  static void script(CK_RV login_answer, CK_FLAGS token_flags = 0) {
    void* const library = ::dlopen(module().c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    ASSERT_NE(library, nullptr) << ::dlerror();
    reinterpret_cast<ScriptPkcs11>(::dlsym(library, "script_pkcs11"))(login_answer, token_flags);
  }
  Code open(const Prompt& prompt = answering("1234")) {
    const WrappedKey wrapped{print_pkcs11_parameters({Pkcs11Mechanism::aes_256_gcm, {1}, "scripted", {}}), Bytes(60)};
    return code_of(store->unwrap(wrapped, token_binding, prompt));
  }
  Code probe() {
    return code_of(
        store->probe({print_pkcs11_parameters({Pkcs11Mechanism::aes_256_gcm, {1}, "scripted", {}}), Bytes(60)}));
  }
  std::unique_ptr<KeyStore> store = make_pkcs11_key_store({.module = module(), .token = "scripted"});
};

TEST_F(ScriptedPkcs11, what_a_login_answers_becomes_what_the_user_can_do) {
  for (const auto& [answer, code] : {std::pair{CK_RV{CKR_PIN_INCORRECT}, Code::wrong_passcode},
                                     {CKR_PIN_INVALID, Code::wrong_passcode},
                                     {CKR_PIN_LEN_RANGE, Code::wrong_passcode},
                                     {CKR_PIN_LOCKED, Code::locked_out},
                                     {CKR_TOKEN_NOT_PRESENT, Code::temporarily_unavailable},
                                     {CKR_DEVICE_REMOVED, Code::temporarily_unavailable},
                                     {CKR_DEVICE_ERROR, Code::temporarily_unavailable},
                                     {CKR_USER_ALREADY_LOGGED_IN, Code::temporarily_unavailable},
                                     {CKR_OK, Code::key_missing}}) {
    script(answer);
    EXPECT_EQ(open(), code) << answer;
    EXPECT_EQ(probe(), Code{}) << "probing asks for no PIN";
  }
}

TEST_F(ScriptedPkcs11, a_locked_pin_is_not_asked_for) {
  script(CKR_PIN_LOCKED, CKF_USER_PIN_LOCKED);
  Prompt nobody;
  nobody.ask_passcode = [](PasscodeAsk) -> Result<Passcode> {
    ADD_FAILURE() << "asked";
    return fail(Code::user_cancelled);
  };
  EXPECT_EQ(open(nobody), Code::locked_out);
  EXPECT_EQ(probe(), Code::locked_out);
}

TEST_F(ScriptedPkcs11, a_token_that_can_do_nothing_of_use_is_refused) {
  script(CKR_OK);
  EXPECT_EQ(code_of(store->wrap(crypto::random_secret<SlotKeyTag>(slot_key_size), token_binding, answering("1234"))),
            Code::unsupported);
}

}  // namespace
}  // namespace latchkey::vault
