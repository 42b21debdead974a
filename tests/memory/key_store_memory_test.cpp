// What opening a slot leaves in memory, the libraries of TPM and token included: neither PIN nor key.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>

#include "tests/memory/masked.h"
#include "tests/memory/scan.h"
#include "tests/memory/target.h"

namespace latchkey::memory_test {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> names{"PIN", "wrong PIN", "key"};

bool runs(const std::string& command) {
  return std::system((command + " > /dev/null 2>&1").c_str()) == 0;  // NOLINT(cert-env33-c): our own paths
}

class KeyStoreMemory : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    for (const char* program : {"gcore", "swtpm", "softhsm2-util"})
      if (!runs(std::string("command -v ") + program)) GTEST_SKIP() << program << " is not installed: ./dev setup";
    std::string name = (fs::temp_directory_path() / "latchkey-memory-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    make_canaries();
    if (GetParam().starts_with("pkcs11")) make_token();
  }
  void TearDown() override { fs::remove_all(folder_); }

  void make_canaries() {
    std::random_device random;
    Bytes masked(canary_size * names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      canaries_[i].resize(canary_size);
      for (auto& byte : canaries_[i]) byte = static_cast<std::uint8_t>('a' + random() % 26);
      copy_masked(canaries_[i], MutableBytes(masked).subspan(i * canary_size, canary_size));
    }
    canaries_[2].resize(32);  // a key is shorter
    std::ofstream(folder_ / "canaries", std::ios::binary) << as_text(masked);
  }
  // By a program of its own: what this needs of the PIN is not in the memory that is looked into.
  void make_token() {
    const std::string configuration = folder_ / "softhsm2.conf";
    fs::create_directory(folder_ / "tokens");
    std::ofstream(configuration) << "directories.tokendir = " << (folder_ / "tokens").string()
                                 << "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n";
    ::setenv("SOFTHSM2_CONF", configuration.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    const std::string pin(as_text(canaries_[0]));
    ASSERT_TRUE(runs("softhsm2-util --init-token --free --label 'latchkey test token' --so-pin 12345678 --pin " + pin));
  }
  std::vector<Needle> needles() const {
    std::vector<Needle> all;
    for (std::size_t i = 0; i < names.size(); ++i)
      for (Needle& needle : forms_of(std::string(names[i]), canaries_[i])) all.push_back(std::move(needle));
    return all;
  }
  void expect_clean(const Target& target, std::string_view when) const {
    const Scan memory = scan_process(target.process(), needles());
    EXPECT_GT(memory.bytes, std::size_t{1} << 20) << when;
    EXPECT_EQ(memory.found, std::vector<std::string>()) << when;
  }

  fs::path folder_;
  std::array<Bytes, names.size()> canaries_;
};

TEST_P(KeyStoreMemory, holds_neither_pin_nor_key_afterwards) {
  Target target("key_store_target", {folder_.string(), GetParam()}, true);
  ASSERT_TRUE(target.wait_for(Step::unlocked));
  const Scan held = scan_process(target.process(), needles());
  EXPECT_TRUE(std::ranges::any_of(held.found, [](const std::string& found) { return found.starts_with("key, raw"); }))
      << "the positive control";
  EXPECT_TRUE(std::ranges::none_of(held.found, [](const std::string& found) { return found.starts_with("PIN"); }))
      << "a PIN is not needed any more";
  target.go_on();
  ASSERT_TRUE(target.wait_for(Step::locked));
  expect_clean(target, "after opening");
  target.go_on();
  ASSERT_TRUE(target.wait_for(Step::failed_unlock));
  expect_clean(target, "after a wrong PIN");
}

INSTANTIATE_TEST_SUITE_P(Stores, KeyStoreMemory,
                         ::testing::Values("tpm2", "tpm2-pcrs", "pkcs11-aes", "pkcs11-rsa", "kernel-keyring"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace latchkey::memory_test
