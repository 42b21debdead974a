#include "vault/key_stores/recovery_code.h"

#include <gtest/gtest.h>

#include <set>

#include "crypto/constant_time.h"
#include "crypto/random.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/key_stores/recovery_code_key_store.h"

namespace latchkey::vault {
namespace {

using testing::code_of;

std::string text_of(const RecoveryCode& code) { return std::string(code.reveal_text()); }
Code parse_typed(std::string_view typed) { return code_of(parse_recovery_code(as_bytes(typed))); }

TEST(RecoveryCode, of_known_secrets_is_known) {
  const auto zero = RecoverySecret::zeroed(16);
  EXPECT_EQ(text_of(print_recovery_code(zero)).substr(0, 30), "0000-0000-0000-0000-0000-0000-");
  auto ones = RecoverySecret::zeroed(16);
  std::ranges::fill(ones.reveal_to_write(), std::uint8_t{0xff});
  ones.reveal_to_write().back() = 0xf8;
  EXPECT_EQ(text_of(print_recovery_code(ones)).substr(0, 31), "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-Z");
}

TEST(RecoveryCode, comes_back_as_it_was_written_or_as_people_write) {
  for (int i = 0; i < 200; ++i) {
    const RecoverySecret secret = make_recovery_secret();
    const std::string code = text_of(print_recovery_code(secret));
    ASSERT_EQ(code.size(), 34U);
    std::string loose = "  ";
    for (const char letter : code) {
      if (letter == '-') continue;
      loose += letter == '0' ? 'o' : letter == '1' ? (i % 2 == 0 ? 'l' : 'I') : static_cast<char>(std::tolower(letter));
      if (i % 3 == 0) loose += ' ';
    }
    for (const std::string& typed : {code, loose, loose + "\n"}) {
      const auto read = parse_recovery_code(as_bytes(typed));
      ASSERT_TRUE(read.has_value()) << typed;
      EXPECT_TRUE(crypto::equal(*read, secret));
    }
  }
}

TEST(RecoveryCode, a_slip_of_the_pen_is_no_wrong_code) {
  const std::string code = text_of(print_recovery_code(RecoverySecret::zeroed(16)));
  EXPECT_EQ(parse_typed(""), Code::invalid_format);
  EXPECT_EQ(parse_typed(code.substr(1)), Code::invalid_format);
  EXPECT_EQ(parse_typed(code + "0"), Code::invalid_format);
  EXPECT_EQ(parse_typed(code + std::string(300, ' ')), Code::invalid_format);
  std::string with_u = code;
  with_u[3] = 'U';
  EXPECT_EQ(parse_typed(with_u), Code::invalid_format);
  std::size_t unnoticed = 0;
  std::size_t tried = 0;
  for (std::size_t at = 0; at < code.size(); ++at) {
    if (code[at] == '-') continue;
    for (const char letter : std::string_view("0123456789ABCDEFGHJKMNPQRSTVWXYZ")) {
      std::string typed = code;
      typed[at] = letter;
      if (typed == code) continue;
      ++tried;
      if (parse_typed(typed) != Code::invalid_format) ++unnoticed;
    }
  }
  EXPECT_EQ(tried, 28U * 31);
  EXPECT_EQ(unnoticed, 0U);
}

TEST(RecoveryCode, no_two_are_the_same) {
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i) seen.insert(text_of(print_recovery_code(make_recovery_secret())));
  EXPECT_EQ(seen.size(), 500U);
}

class RecoveryCodeKeyStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<KeyStore> store = make_recovery_code_key_store();
  SlotKey key = crypto::random_secret<SlotKeyTag>(slot_key_size);
  SlotBinding binding{{1}, 1};
  std::string shown;
  Prompt prompt;

  void SetUp() override {
    prompt.show_recovery_code = [this](const RecoveryCode& code) -> Status {
      shown = code.reveal_text();
      return {};
    };
  }
};

TEST_F(RecoveryCodeKeyStoreTest, a_code_nobody_can_see_is_not_made) {
  EXPECT_EQ(code_of(store->wrap(key, binding, {})), Code::invalid_argument);
  prompt.show_recovery_code = [](const RecoveryCode&) -> Status { return fail(Code::user_cancelled); };
  EXPECT_EQ(code_of(store->wrap(key, binding, prompt)), Code::user_cancelled);
}

TEST_F(RecoveryCodeKeyStoreTest, tells_a_mistyped_code_from_a_wrong_one) {
  const auto first = store->wrap(key, binding, prompt);
  const std::string first_code = shown;
  const auto second = store->wrap(key, binding, prompt);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(code_of(store->unwrap(*second, binding, testing::answering(first_code))), Code::wrong_passcode);
  EXPECT_EQ(code_of(store->unwrap(*first, binding, testing::answering(first_code))), Code{});
  std::string mistyped = first_code;
  mistyped[0] = mistyped[0] == '7' ? '8' : '7';
  EXPECT_EQ(code_of(store->unwrap(*first, binding, testing::answering(mistyped))), Code::invalid_format);
  EXPECT_EQ(code_of(store->unwrap(*first, binding, {})), Code::user_cancelled);
}

}  // namespace
}  // namespace latchkey::vault
