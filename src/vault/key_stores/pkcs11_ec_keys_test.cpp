// P-256 keys on the real SoftHSM, and what is put in their place.
#include "vault/key_stores/pkcs11_ec_keys.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/constant_time.h"
#include "crypto/random.h"
#include "tests/support/vault/soft_hsm.h"
#include "vault/key_stores/pkcs11_key_store.h"
#include "vault/key_stores/pkcs11_objects.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::SoftHsm;

constexpr SlotBinding ec_binding{{1}, 1};
constexpr std::size_t point_size = std::tuple_size_v<crypto::P256Public>;

class Pkcs11EcKeys : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SoftHsm::is_installed()) GTEST_SKIP() << "SoftHSM is not installed: ./dev setup";
    SoftHsm::instance();
  }
  void TearDown() override {
    if (!wrapped.parameters.empty()) EXPECT_TRUE(store().forget(wrapped));
  }
  KeyStore& store() {
    if (!store_)
      store_ = make_pkcs11_key_store({.module = SoftHsm::module,
                                      .token = SoftHsm::token,
                                      .mechanism = Pkcs11Mechanism::ecdh_p256,
                                      .ask_pin_to_forget = user.ask_passcode});
    return *store_;
  }
  void wrap() {
    auto made = store().wrap(key, ec_binding, user);
    ASSERT_TRUE(made) << to_string(made.error());
    wrapped = *std::move(made);
  }
  Code unwrap(const WrappedKey& of) { return code_of(store().unwrap(of, ec_binding, user)); }
  TokenKeyId id() const { return parse_pkcs11_parameters(wrapped.parameters)->id; }
  // The slot with other points in it: of the token's key, and of the key of one use.
  WrappedKey with_points(ByteView of_token, ByteView once) const {
    auto parameters = parse_pkcs11_parameters(wrapped.parameters).value();
    parameters.encrypted_key.assign(of_token.begin(), of_token.end());
    append(parameters.encrypted_key, once);
    return {print_pkcs11_parameters(parameters), wrapped.sealed};
  }
  Bytes points() const { return parse_pkcs11_parameters(wrapped.parameters)->encrypted_key; }
  template <class Work>
  void with_session(Work work) {
    auto module = pkcs11::Module::load(SoftHsm::module);
    ASSERT_TRUE(module && module->initialise());
    const auto token = find_token(*module, SoftHsm::token);
    ASSERT_TRUE(token);
    const auto session = pkcs11::Session::open(*module, *token, user);
    ASSERT_TRUE(session) << to_string(session.error());
    work(*session);
  }
  static CK_BBOOL flag_of(const pkcs11::Session& session, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type) {
    CK_BBOOL flag = 0x7f;
    CK_ATTRIBUTE attribute{type, &flag, sizeof flag};
    EXPECT_EQ(session.functions().C_GetAttributeValue(session.get(), key, &attribute, 1), CKR_OK);
    return flag;
  }
  // Whoever has the PIN may put another key under the same id.
  static void generate(const pkcs11::Session& session, const TokenKeyId& id, ByteView curve) {
    TokenTemplate public_key = token_object(id);
    public_key.add_bytes(CKA_EC_PARAMS, curve);
    TokenTemplate private_key = token_object(id);
    keep_on_token(private_key).add(CKA_DERIVE, token_yes);
    auto of_public = public_key.get();
    auto of_private = private_key.get();
    CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
    CK_OBJECT_HANDLE made[2];
    ASSERT_EQ(session.functions().C_GenerateKeyPair(session.get(), &mechanism, of_public.data(), of_public.size(),
                                                    of_private.data(), of_private.size(), &made[0], &made[1]),
              CKR_OK);
  }

  SlotKey key = crypto::random_secret<SlotKeyTag>(slot_key_size);
  Prompt user = answering(SoftHsm::pin);
  WrappedKey wrapped;

 private:
  std::unique_ptr<KeyStore> store_;
};

TEST_F(Pkcs11EcKeys, do_not_leave_the_token_and_are_fit_for_nothing_else) {
  wrap();
  with_session([&](const pkcs11::Session& session) {
    const auto found = find_token_object(session, CKO_PRIVATE_KEY, id());
    ASSERT_TRUE(found);
    Bytes value(256);
    CK_ATTRIBUTE secret{CKA_VALUE, value.data(), value.size()};
    EXPECT_NE(session.functions().C_GetAttributeValue(session.get(), *found, &secret, 1), CKR_OK);
    EXPECT_TRUE(std::ranges::all_of(value, [](std::uint8_t byte) { return byte == 0; }));
    EXPECT_EQ(flag_of(session, *found, CKA_SENSITIVE), CK_TRUE);
    EXPECT_EQ(flag_of(session, *found, CKA_EXTRACTABLE), CK_FALSE);
    EXPECT_EQ(flag_of(session, *found, CKA_NEVER_EXTRACTABLE), CK_TRUE);
    EXPECT_EQ(flag_of(session, *found, CKA_DERIVE), CK_TRUE);
    EXPECT_EQ(flag_of(session, *found, CKA_SIGN), CK_FALSE);
  });
}

// Some in 256 begin with a zero byte, which neither side may leave away.
TEST_F(Pkcs11EcKeys, agree_on_what_software_agrees_on) {
  wrap();
  with_session([&](const pkcs11::Session& session) {
    const auto of_token = read_token_point(session, id());
    ASSERT_TRUE(of_token);
    EXPECT_TRUE(std::ranges::equal(*of_token, ByteView(points()).first(point_size)));
    int with_zero = 0;
    for (int i = 0; i < 2000 && with_zero == 0; ++i) {
      const auto once = crypto::P256Key::generate();
      const auto here = once.agree(*of_token);
      const auto there = agree_with_token(session, id(), once.public_key());
      ASSERT_TRUE(here && there);
      ASSERT_TRUE(crypto::equal(*here, *there));
      with_zero += here->reveal()[0] == 0 ? 1 : 0;
    }
    EXPECT_GT(with_zero, 0);
  });
}

TEST_F(Pkcs11EcKeys, points_that_are_none_of_the_curve_never_reach_the_token) {
  wrap();
  const Bytes both = points();
  Bytes off_curve(both.begin() + point_size, both.end());
  off_curve.back() ^= 1;
  Bytes compressed = off_curve;
  compressed.front() = 0x02;
  for (const Bytes& bad : {off_curve, compressed, Bytes(point_size), Bytes(point_size, 0xff)}) {
    EXPECT_EQ(unwrap(with_points(ByteView(both).first(point_size), bad)), Code::authentication_failed);
    with_session([&](const pkcs11::Session& session) {
      EXPECT_EQ(code_of(agree_with_token(session, id(), bad)), Code::authentication_failed);
    });
  }
  EXPECT_EQ(unwrap(wrapped), Code{});
}

TEST_F(Pkcs11EcKeys, a_changed_key_of_one_use_or_of_the_token_opens_nothing) {
  wrap();
  const Bytes both = points();
  const ByteView of_token = ByteView(both).first(point_size);
  const ByteView once = ByteView(both).last(point_size);
  const auto other = crypto::P256Key::generate();
  EXPECT_EQ(unwrap(with_points(of_token, other.public_key())), Code::authentication_failed);
  EXPECT_EQ(unwrap(with_points(other.public_key(), once)), Code::authentication_failed) << "both are bound";
  EXPECT_EQ(unwrap(with_points(once, of_token)), Code::authentication_failed);
  // y for -y is the other point with this x: the token agrees on the very same secret.
  Bytes mirrored(once.begin(), once.end());
  constexpr ByteArray<32> p{0xff, 0xff, 0xff, 0xff, 0,    0,    0,    1,    0,    0,    0,
                            0,    0,    0,    0,    0,    0,    0,    0,    0,    0xff, 0xff,
                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int difference = p.at(i) - mirrored.at(33 + i) - borrow;
    borrow = difference < 0 ? 1 : 0;
    mirrored.at(33 + i) = static_cast<std::uint8_t>(difference + 256 * borrow);
  }
  EXPECT_TRUE(crypto::check_p256_point(mirrored));
  EXPECT_EQ(unwrap(with_points(of_token, mirrored)), Code::authentication_failed);
  EXPECT_EQ(unwrap(wrapped), Code{});
}

TEST_F(Pkcs11EcKeys, another_key_in_its_place_opens_nothing) {
  constexpr ByteArray<10> p256{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
  constexpr ByteArray<7> p384{0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
  wrap();
  const auto replace_by = [&](ByteView curve) {
    with_session([&](const pkcs11::Session& session) {
      ASSERT_TRUE(destroy_token_key(session, id()));
      generate(session, id(), curve);
    });
  };
  replace_by(p256);
  EXPECT_EQ(unwrap(wrapped), Code::authentication_failed) << "of the same curve";
  replace_by(p384);
  EXPECT_EQ(unwrap(wrapped), Code::authentication_failed) << "of another";
  with_session([&](const pkcs11::Session& session) {
    EXPECT_EQ(code_of(read_token_point(session, id())), Code::unsupported);
    EXPECT_TRUE(destroy_token_key(session, id()));
  });
  EXPECT_EQ(unwrap(wrapped), Code::key_missing);
}

// As tokens do whose policy keeps every secret inside.
CK_RV refuse_to_derive(CK_SESSION_HANDLE /*session*/, CK_MECHANISM_PTR /*mechanism*/, CK_OBJECT_HANDLE /*key*/,
                       CK_ATTRIBUTE_PTR /*attributes*/, CK_ULONG /*count*/, CK_OBJECT_HANDLE_PTR /*made*/) {
  return CKR_TEMPLATE_INCONSISTENT;
}

TEST_F(Pkcs11EcKeys, on_a_token_that_gives_no_derived_secret_out_are_unsupported_and_gone) {
  const auto module = pkcs11::Module::load(SoftHsm::module);
  ASSERT_TRUE(module);
  Bytes told;
  Prompt noting = user;
  int unmade = 0;
  noting.key_notice.about_to_make = [&](SlotKind, ByteView parameters) -> Status {
    told.assign(parameters.begin(), parameters.end());
    return {};
  };
  noting.key_notice.unmade = [&] { ++unmade; };
  const auto derive = std::exchange(module->functions().C_DeriveKey, &refuse_to_derive);
  const auto made = store().wrap(key, ec_binding, noting);
  module->functions().C_DeriveKey = derive;
  EXPECT_EQ(code_of(made), Code::unsupported);
  EXPECT_NE(made.error().detail.find("AES or RSA"), std::string::npos);
  EXPECT_EQ(unmade, 1);
  with_session([&](const pkcs11::Session& session) {
    EXPECT_EQ(code_of(find_token_object(session, CKO_PRIVATE_KEY, parse_pkcs11_parameters(told)->id)),
              Code::key_missing);
  });
}

TEST_F(Pkcs11EcKeys, of_another_token_are_not_looked_for_here) {
  wrap();
  auto parameters = parse_pkcs11_parameters(wrapped.parameters).value();
  parameters.token = "another token";
  EXPECT_EQ(unwrap({print_pkcs11_parameters(parameters), wrapped.sealed}), Code::temporarily_unavailable);
}

}  // namespace
}  // namespace latchkey::vault
