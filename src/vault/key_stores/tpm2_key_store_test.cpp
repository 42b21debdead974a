// The real swtpm, started here.
#include "vault/key_stores/tpm2_key_store.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "crypto/random.h"
#include "tests/support/vault/software_tpm.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::SoftwareTpm;

constexpr SlotBinding tpm_binding{{1}, 1};

class Tpm2KeyStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SoftwareTpm::is_installed()) GTEST_SKIP() << "swtpm is not installed: ./dev setup";
    tpm = std::make_unique<SoftwareTpm>();
  }
  std::unique_ptr<KeyStore> make_store(Tpm2Pin pin = Tpm2Pin::asked, std::vector<unsigned> pcrs = {}) const {
    return make_tpm2_key_store(
        {.tcti = tpm->tcti(), .pin = pin, .pcrs = std::move(pcrs), .pin_cost = crypto::argon2_min_cost});
  }
  Result<WrappedKey> wrap(KeyStore& store, std::string_view pin = "1234") const {
    return store.wrap(key, tpm_binding, answering(pin));
  }
  static Code open(KeyStore& store, const WrappedKey& wrapped, std::string_view pin = "1234") {
    return code_of(store.unwrap(wrapped, tpm_binding, answering(pin)));
  }

  std::unique_ptr<SoftwareTpm> tpm;
  SlotKey key = crypto::random_secret<SlotKeyTag>(slot_key_size);
};

TEST_F(Tpm2KeyStoreTest, without_a_pin_it_asks_nobody) {
  const auto store = make_store(Tpm2Pin::none);
  const auto wrapped = store->wrap(key, tpm_binding, {});
  ASSERT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
  const auto opened = store->unwrap(*wrapped, tpm_binding, {});
  ASSERT_TRUE(opened.has_value()) << to_string(opened.error());
  EXPECT_EQ(to_hex(opened->reveal()), to_hex(key.reveal()));
}

TEST_F(Tpm2KeyStoreTest, a_wrong_pin_is_told_from_everything_else) {
  const auto store = make_store();
  const auto wrapped = wrap(*store);
  ASSERT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
  EXPECT_EQ(open(*store, *wrapped, "1235"), Code::wrong_passcode);
  EXPECT_EQ(open(*store, *wrapped), Code{});
}

TEST_F(Tpm2KeyStoreTest, zero_bytes_at_the_end_of_a_pin_count) {
  const auto store = make_store();
  using namespace std::string_view_literals;
  const auto wrapped = wrap(*store, "1234\0\0"sv);
  ASSERT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
  EXPECT_EQ(open(*store, *wrapped, "1234"), Code::wrong_passcode);
  EXPECT_EQ(open(*store, *wrapped, "1234\0"sv), Code::wrong_passcode);
  EXPECT_EQ(open(*store, *wrapped, "1234\0\0"sv), Code{});
}

TEST_F(Tpm2KeyStoreTest, too_many_wrong_pins_lock_the_right_one_out_too) {
  ASSERT_TRUE(tpm->set_lockout(3).has_value());
  const auto store = make_store();
  const auto wrapped = wrap(*store);
  ASSERT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(open(*store, *wrapped, "1235"), Code::wrong_passcode) << i;
  EXPECT_EQ(open(*store, *wrapped, "1235"), Code::locked_out);
  EXPECT_EQ(open(*store, *wrapped), Code::locked_out);
  EXPECT_EQ(code_of(store->probe(*wrapped)), Code::locked_out);
  tpm->restart();
  EXPECT_EQ(open(*make_store(), *wrapped), Code::locked_out);
  ASSERT_TRUE(tpm->reset_lockout().has_value());
  EXPECT_EQ(open(*make_store(), *wrapped), Code{});
}

TEST_F(Tpm2KeyStoreTest, others_guesses_do_not_lock_out_a_slot_without_a_pin) {
  ASSERT_TRUE(tpm->set_lockout(2).has_value());
  const auto with_pin = make_store();
  const auto without_pin = make_store(Tpm2Pin::none);
  const auto guessed = wrap(*with_pin);
  const auto other = wrap(*without_pin);
  for (int i = 0; i < 3; ++i) EXPECT_NE(open(*with_pin, *guessed, "1235"), Code{});
  EXPECT_EQ(open(*with_pin, *guessed), Code::locked_out);
  EXPECT_EQ(open(*without_pin, *other), Code{});
  EXPECT_TRUE(without_pin->probe(*other).has_value());
}

TEST_F(Tpm2KeyStoreTest, opens_after_the_machine_restarted) {
  const auto wrapped = wrap(*make_store());
  ASSERT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
  tpm->restart();
  EXPECT_EQ(open(*make_store(), *wrapped), Code{});
}

TEST_F(Tpm2KeyStoreTest, a_tpm_that_was_cleared_or_is_another_has_no_such_key) {
  const auto wrapped = wrap(*make_store());
  ASSERT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
  ASSERT_TRUE(tpm->clear().has_value());
  EXPECT_EQ(open(*make_store(), *wrapped), Code::key_missing);
  EXPECT_EQ(code_of(make_store()->probe(*wrapped)), Code::key_missing);
  tpm->replace();
  EXPECT_EQ(open(*make_store(), *wrapped), Code::key_missing);
  EXPECT_EQ(code_of(make_store()->probe(*wrapped)), Code::key_missing);
}

TEST_F(Tpm2KeyStoreTest, a_system_that_was_measured_otherwise_does_not_get_the_key) {
  for (const Tpm2Pin pin : {Tpm2Pin::asked, Tpm2Pin::none}) {
    const auto store = make_store(pin, {0, 16});
    const auto wrapped = wrap(*store);
    ASSERT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
    EXPECT_TRUE(store->needs_recovery_slot(*wrapped));
    EXPECT_EQ(open(*store, *wrapped), Code{});
    EXPECT_TRUE(store->probe(*wrapped).has_value());
    ASSERT_TRUE(tpm->extend_pcr(16).has_value());
    EXPECT_EQ(open(*store, *wrapped), Code::key_invalidated);
    EXPECT_EQ(code_of(store->probe(*wrapped)), Code::key_invalidated);
    tpm->restart();  // PCR 16 starts from zero, as after booting the old system
    EXPECT_EQ(open(*make_store(), *wrapped), Code{});
  }
}

TEST_F(Tpm2KeyStoreTest, pcrs_do_not_replace_the_pin) {
  const auto store = make_store(Tpm2Pin::asked, {16});
  const auto wrapped = wrap(*store);
  ASSERT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
  EXPECT_EQ(open(*store, *wrapped, "1235"), Code::wrong_passcode);
  EXPECT_EQ(open(*store, *wrapped), Code{});
}

TEST_F(Tpm2KeyStoreTest, a_slot_without_pcrs_needs_no_recovery) {
  const auto store = make_store();
  EXPECT_FALSE(store->needs_recovery_slot(*wrap(*store)));
  EXPECT_EQ(code_of(wrap(*make_store(Tpm2Pin::asked, {24}))), Code::invalid_argument);
}

TEST_F(Tpm2KeyStoreTest, no_tpm_is_told_from_one_that_does_not_answer) {
  const auto store = make_store();
  const auto wrapped = wrap(*store);
  ASSERT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
  const auto nowhere = make_tpm2_key_store({.tcti = "device:/nonexistent/tpmrm0", .pin = Tpm2Pin::none});
  EXPECT_EQ(code_of(nowhere->wrap(key, tpm_binding, {})), Code::unsupported);
  EXPECT_EQ(code_of(nowhere->probe(*wrapped)), Code::unsupported);
  tpm->stop();
  EXPECT_EQ(open(*store, *wrapped), Code::temporarily_unavailable);
  EXPECT_EQ(code_of(store->probe(*wrapped)), Code::temporarily_unavailable);
}

// Who can set a variable must not be able to choose the TPM.
TEST_F(Tpm2KeyStoreTest, the_environment_does_not_say_where_the_tpm_is) {
  if (tpm2::is_present(tpm2::default_tcti)) GTEST_SKIP() << "this machine has a TPM of its own";
  for (const char* name : {"TCTI", "TSS2_TCTI", "TPM2TOOLS_TCTI", "TPM2_PKCS11_TCTI"})
    ASSERT_EQ(::setenv(name, tpm->tcti().c_str(), 1), 0);  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(code_of(make_tpm2_key_store({.pin = Tpm2Pin::none})->wrap(key, tpm_binding, {})), Code::unsupported);
}

// swtpm has no resource manager: another program that leaves its objects behind takes all the room there is.
TEST_F(Tpm2KeyStoreTest, a_full_tpm_is_busy_and_nothing_is_lost) {
  const auto store = make_store();
  const auto wrapped = wrap(*store);
  ASSERT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(tpm->run([](ESYS_CONTEXT* esys) {
                     const TPM2B_AUTH no_auth{};
                     ESYS_TR left_behind = ESYS_TR_NONE;
                     return Esys_HashSequenceStart(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth,
                                                   TPM2_ALG_SHA256, &left_behind);
                   })
                    .has_value());
  }
  Prompt impatient = answering("1234");
  impatient.timeout = std::chrono::milliseconds(50);
  EXPECT_EQ(code_of(store->unwrap(*wrapped, tpm_binding, impatient)), Code::temporarily_unavailable);
  tpm->restart();
  EXPECT_EQ(open(*make_store(), *wrapped), Code{});
}

TEST_F(Tpm2KeyStoreTest, a_stop_is_obeyed_while_the_tpm_is_busy) {
  const auto store = make_store();
  std::stop_source source;
  source.request_stop();
  Prompt prompt = answering("1234");
  prompt.stop = source.get_token();
  EXPECT_EQ(code_of(store->wrap(key, tpm_binding, prompt)), Code::cancelled);
}

}  // namespace
}  // namespace latchkey::vault
