// The contract suite of KeyStore: include it in one test file per program, and instantiate it with stores.
#pragma once

#include <sys/wait.h>

#include <algorithm>
#include <map>
#include <thread>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {

struct KeyStoreUnderTest {
  std::string name;
  // Every store of one maker is on the same device.
  std::function<std::unique_ptr<KeyStore>()> make;
  // Empty, or why it cannot be tested here. Called before `make`.
  std::function<std::string()> why_not = [] { return std::string(); };
  // Which bits of a wrap are flipped: every n-th, for a TPM takes its time. Odd numbers meet every
  // bit of a byte.
  std::size_t bit_step = 1;
  bool asks_the_user = false;
  bool is_shared_by_processes = true;  // false: lives in one process, or its library does not survive a fork()
};
inline void PrintTo(const KeyStoreUnderTest& store, std::ostream* out) { *out << store.name; }

class KeyStoreContract : public ::testing::TestWithParam<KeyStoreUnderTest> {
 protected:
  void SetUp() override {
    if (const std::string reason = GetParam().why_not(); !reason.empty()) GTEST_SKIP() << reason;
    store = GetParam().make();
  }

  static constexpr std::string_view passcode = "correct horse";
  static SlotBinding place(std::uint8_t vault = 1, std::uint32_t slot = 1) { return {{vault, 2, 3}, slot}; }

  // A user who knows the passcode, and keeps the recovery codes that were shown.
  Prompt user(const WrappedKey& wrapped) const {
    const auto kept = codes_.find(wrapped.parameters);
    return testing::answering(kept != codes_.end() ? kept->second : last_code_.empty() ? passcode : last_code_);
  }
  WrappedKey wrap() {
    Prompt prompt = testing::answering(passcode);
    prompt.show_recovery_code = [this](const RecoveryCode& code) -> Status {
      last_code_ = code.reveal_text();
      return {};
    };
    auto wrapped = store->wrap(key, place(), prompt);
    EXPECT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
    if (!wrapped) return {};
    if (!last_code_.empty()) codes_[wrapped->parameters] = last_code_;
    return *std::move(wrapped);
  }
  // The code it fails with; none when it gives back the key. Any other key is a failure of the test. Compares digests:
  // in a child process the key itself is wiped.
  Code open(const WrappedKey& wrapped, const SlotBinding& at = place()) { return open_with(*store, wrapped, at); }
  Code open_with(KeyStore& opener, const WrappedKey& wrapped, const SlotBinding& at = place()) {
    const auto opened = opener.unwrap(wrapped, at, user(wrapped));
    if (!opened) return opened.error().code;
    const bool is_the_key = crypto::sha256(opened->reveal()) == digest_;
    EXPECT_TRUE(is_the_key) << "a wrong key";
    return is_the_key ? Code{} : Code::internal;
  }
  void forget(const WrappedKey& wrapped) { EXPECT_TRUE(store->forget(wrapped).has_value()); }

  // Answers that tell a caller what to do about a wrap that was altered.
  static bool says_altered(Code code) {
    switch (code) {
      case Code::authentication_failed:
      case Code::vault_corrupted:
      case Code::future_version:
      case Code::wrong_passcode:
      case Code::key_missing:
      case Code::key_invalidated:          // names other PCRs
      case Code::temporarily_unavailable:  // names another token
      case Code::busy:                     // asks for more memory than there is
        return true;
      default:
        return false;
    }
  }
  // Flips bits of one part of a wrap.
  void expect_refusals(const WrappedKey& good, Bytes WrappedKey::* part) {
    for (std::size_t bit = 0; bit < (good.*part).size() * 8; bit += GetParam().bit_step) {
      WrappedKey bad = good;
      (bad.*part)[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      const Code code = open(bad);
      ASSERT_TRUE(says_altered(code)) << "bit " << bit << ": " << (code == Code{} ? "opened" : name_of(code));
    }
  }

  std::unique_ptr<KeyStore> store;
  SlotKey key = crypto::random_secret<SlotKeyTag>(slot_key_size);

 private:
  crypto::Sha256Digest digest_ = crypto::sha256(key.reveal());
  std::map<Bytes, std::string> codes_;
  std::string last_code_;
};

TEST_P(KeyStoreContract, gives_back_the_key_it_wrapped) {
  const WrappedKey wrapped = wrap();
  EXPECT_TRUE(store->probe(wrapped).has_value());
  EXPECT_EQ(open(wrapped), Code{});
  EXPECT_EQ(open(wrapped), Code{}) << "once more";
  forget(wrapped);
}

TEST_P(KeyStoreContract, wraps_of_one_key_have_nothing_in_common) {
  const WrappedKey first = wrap();
  const WrappedKey second = wrap();
  EXPECT_NE(first.parameters, second.parameters);
  EXPECT_NE(first.sealed, second.sealed);
  forget(first);
  forget(second);
}

TEST_P(KeyStoreContract, forgetting_one_leaves_the_other) {
  const WrappedKey first = wrap();
  const WrappedKey second = wrap();
  forget(first);
  forget(first);                  // gone already is ok
  const Code code = open(first);  // a store that keeps nothing has nothing to forget
  EXPECT_TRUE(code == Code{} || code == Code::key_missing) << name_of(code);
  EXPECT_EQ(open(second), Code{});
  forget(second);
}

TEST_P(KeyStoreContract, a_wrap_opens_only_in_its_place) {
  const WrappedKey wrapped = wrap();
  EXPECT_TRUE(says_altered(open(wrapped, place(9, 1))));
  EXPECT_TRUE(says_altered(open(wrapped, place(1, 2))));
  EXPECT_EQ(open(wrapped), Code{});
  forget(wrapped);
}

TEST_P(KeyStoreContract, an_altered_sealed_key_does_not_open) {
  const WrappedKey good = wrap();
  expect_refusals(good, &WrappedKey::sealed);
  EXPECT_EQ(open(good), Code{});
  forget(good);
}

TEST_P(KeyStoreContract, altered_parameters_do_not_open) {
  const WrappedKey good = wrap();
  expect_refusals(good, &WrappedKey::parameters);
  EXPECT_EQ(open(good), Code{});
  forget(good);
}

TEST_P(KeyStoreContract, a_wrap_of_another_length_does_not_open) {
  const WrappedKey good = wrap();
  for (Bytes WrappedKey::* const part : {&WrappedKey::sealed, &WrappedKey::parameters}) {
    for (std::size_t size = 0; size <= (good.*part).size() + 1; ++size) {
      if (size == (good.*part).size()) continue;
      WrappedKey bad = good;
      (bad.*part).resize(size);
      ASSERT_TRUE(says_altered(open(bad))) << size;
      if (part == &WrappedKey::parameters) ASSERT_FALSE(store->probe(bad).has_value()) << size;
    }
  }
  forget(good);
}

TEST_P(KeyStoreContract, parts_of_two_wraps_do_not_open) {
  const WrappedKey first = wrap();
  const WrappedKey second = wrap();
  EXPECT_TRUE(says_altered(open({first.parameters, second.sealed})));
  EXPECT_TRUE(says_altered(open({second.parameters, first.sealed})));
  forget(first);
  forget(second);
}

TEST_P(KeyStoreContract, a_stop_ends_it) {
  const WrappedKey wrapped = wrap();
  std::stop_source source;
  source.request_stop();
  Prompt prompt = user(wrapped);
  prompt.show_recovery_code = [](const RecoveryCode&) -> Status { return {}; };
  prompt.stop = source.get_token();
  EXPECT_EQ(testing::code_of(store->unwrap(wrapped, place(), prompt)), Code::cancelled);
  EXPECT_EQ(testing::code_of(store->wrap(key, place(), prompt)), Code::cancelled);
  EXPECT_EQ(open(wrapped), Code{});
  forget(wrapped);
}

TEST_P(KeyStoreContract, who_asks_the_user_obeys_a_refusal) {
  const WrappedKey wrapped = wrap();
  Prompt refusing;
  refusing.ask_passcode = [](PasscodeAsk) -> Result<Passcode> { return fail(Code::user_cancelled); };
  EXPECT_EQ(testing::code_of(store->unwrap(wrapped, place(), refusing)),
            GetParam().asks_the_user ? Code::user_cancelled : Code{});
  EXPECT_EQ(testing::code_of(store->unwrap(wrapped, place(), {})),
            GetParam().asks_the_user ? Code::user_cancelled : Code{});
  EXPECT_TRUE(store->probe(wrapped).has_value());
  forget(wrapped);
}

TEST_P(KeyStoreContract, eight_threads_open_it_at_once) {
  const WrappedKey wrapped = wrap();
  std::array<Code, 8> codes{};
  {
    std::vector<std::jthread> threads;
    threads.reserve(codes.size());
    for (Code& code : codes) threads.emplace_back([&] { code = open(wrapped); });
  }
  for (const Code code : codes) EXPECT_EQ(code, Code{});
  forget(wrapped);
}

TEST_P(KeyStoreContract, another_instance_opens_it) {
  const WrappedKey wrapped = wrap();
  const auto other = GetParam().make();
  EXPECT_TRUE(other->probe(wrapped).has_value());
  EXPECT_EQ(open_with(*other, wrapped), Code{});
  EXPECT_EQ(open(wrapped), Code{});
  forget(wrapped);
}

TEST_P(KeyStoreContract, another_process_opens_it) {
  if (!GetParam().is_shared_by_processes) return;
  const WrappedKey wrapped = wrap();
  const pid_t child = ::fork();
  if (child == 0) {
    const bool by_old = open(wrapped) == Code{};
    const bool by_new = open_with(*GetParam().make(), wrapped) == Code{};
    ::_exit(by_old && by_new ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(open(wrapped), Code{}) << "after the other process ended";
  forget(wrapped);
}

TEST_P(KeyStoreContract, prints_no_secret) {
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  const WrappedKey wrapped = wrap();
  const std::string typed(user(wrapped).ask_passcode(PasscodeAsk::enter)->reveal_text());
  static_cast<void>(open(wrapped));
  static_cast<void>(open(wrapped, place(9, 1)));
  static_cast<void>(open({wrapped.parameters, Bytes(wrapped.sealed.size())}));
  forget(wrapped);
  const std::string printed = ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
  for (const std::string& secret : {typed, to_hex(key.reveal()), std::string(key.reveal_text())})
    EXPECT_EQ(printed.find(secret), std::string::npos);
}

TEST_P(KeyStoreContract, errors_name_no_secret) {
  const WrappedKey wrapped = wrap();
  const std::string typed(user(wrapped).ask_passcode(PasscodeAsk::enter)->reveal_text());
  WrappedKey cut = wrapped;
  cut.parameters.pop_back();
  for (const WrappedKey& bad : {cut, WrappedKey{wrapped.parameters, Bytes(60)}}) {
    const auto opened = store->unwrap(bad, place(), user(wrapped));
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(to_string(opened.error()).find(typed), std::string::npos);
  }
  forget(wrapped);
}

}  // namespace latchkey::vault
