// What opening a slot leaves in memory and in a core, the libraries of TPM, token and keyring included: neither PIN nor
// code nor key.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <random>

#include "tests/memory/masked.h"
#include "tests/memory/scan.h"
#include "tests/memory/target.h"
#include "tests/support/vault/private_bus.h"
#include "vault/key_stores/recovery_code.h"

namespace latchkey::memory_test {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> names{"PIN", "wrong PIN", "key"};

bool runs(const std::string& command) {
  return std::system((command + " > /dev/null 2>&1").c_str()) == 0;  // NOLINT(cert-env33-c): our own paths
}

constexpr std::string_view keyring_item_attribute = "latchkey-vault-key";

// The desktop's keyring, unlocked, on a bus of its own; the programs that are started meanwhile find it.
class Keyring final {
 public:
  explicit Keyring(const fs::path& home) {
    fs::create_directories(home / "run");
    fs::permissions(home / "run", fs::perms::owner_all);
    std::ofstream(home / "password") << "keyring-password";
    ::setenv("DBUS_SESSION_BUS_ADDRESS", bus_.address().c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    const std::string command =
        "exec gnome-keyring-daemon --foreground --unlock --components=secrets < '" + (home / "password").string() + "'";
    daemon_ = bus_.start({"sh", "-c", command}, "org.freedesktop.secrets",
                         {"HOME=" + home.string(), "XDG_DATA_HOME=" + (home / ".local/share").string(),
                          "XDG_RUNTIME_DIR=" + (home / "run").string()});
  }
  ~Keyring() { ::unsetenv("DBUS_SESSION_BUS_ADDRESS"); }  // NOLINT(concurrency-mt-unsafe)
  Keyring(const Keyring&) = delete;
  Keyring& operator=(const Keyring&) = delete;

 private:
  vault::testing::PrivateBus bus_;
  vault::testing::ChildProcess daemon_;
};

class KeyStoreMemory : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    for (const char* program :
         {"gcore", "swtpm", "softhsm2-util", "dbus-daemon", "gnome-keyring-daemon", "secret-tool"})
      if (!runs(std::string("command -v ") + program)) GTEST_SKIP() << program << " is not installed: ./dev setup";
    std::string name = (fs::temp_directory_path() / "latchkey-memory-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    make_canaries();
    if (GetParam().starts_with("pkcs11")) make_token();
    if (GetParam() == "secret-service") keyring_.emplace(folder_ / "home");
  }
  void TearDown() override {
    keyring_.reset();
    fs::remove_all(folder_);
  }

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
  Bytes read(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // What the store made up itself.
  void learn_of_its_own() {
    if (GetParam() == "secret-service") {
      const std::string item = folder_ / "item";
      ASSERT_TRUE(std::system(("secret-tool lookup " + std::string(keyring_item_attribute) + " " +  // NOLINT
                               to_hex(read("parameters")) + " > " + item)
                                  .c_str()) == 0);
      own_.emplace_back("wrapping key", read("item"));
      ASSERT_EQ(own_.back().second.size(), 32U);
    }
    for (const std::string name : {"code", "wrong-code"}) {
      const Bytes masked = read(name);
      if (masked.empty()) continue;
      Bytes code(masked.size());
      copy_masked(masked, code);
      const auto secret = vault::parse_recovery_code(code);
      ASSERT_TRUE(secret) << name;
      own_.emplace_back(name + "'s bits", Bytes(secret->reveal().begin(), secret->reveal().end()));
      Bytes digits = code;
      std::erase(digits, '-');
      own_.emplace_back(name + " without dashes", std::move(digits));
      own_.emplace_back(name, std::move(code));
    }
    EXPECT_EQ(own_.size(), GetParam() == "secret-service" ? 1U : GetParam() == "recovery-code" ? 6U : 0U);
  }
  std::vector<Needle> needles() const {
    std::vector<Needle> all;
    const auto look_for = [&](const std::string& name, ByteView bytes) {
      for (Needle& needle : forms_of(name, bytes)) all.push_back(std::move(needle));
    };
    for (std::size_t i = 0; i < names.size(); ++i) look_for(std::string(names[i]), canaries_[i]);
    for (const auto& [name, bytes] : own_) look_for(name, bytes);
    return all;
  }
  // The core's own control: the folder's name is no secret, and there.
  void expect_clean_core(const Target& target, std::string_view when) const {
    const std::string name = folder_.string();
    std::vector<Needle> wanted = needles();
    for (Needle& needle : forms_of("folder", as_bytes(name))) wanted.push_back(std::move(needle));
    Scan core = dump_core(target.process(), folder_, wanted);
    EXPECT_GT(core.bytes, std::size_t{100'000}) << when;
    const auto controls =
        std::erase_if(core.found, [](const std::string& found) { return found.starts_with("folder, "); });
    EXPECT_GT(controls, 0U) << when;
    EXPECT_EQ(core.found, std::vector<std::string>()) << when;
  }
  void expect_clean(const Target& target, std::string_view when) const {
    const Scan memory = scan_process(target.process(), needles());
    EXPECT_GT(memory.bytes, std::size_t{1} << 20) << when;
    EXPECT_EQ(memory.found, std::vector<std::string>()) << when;
    expect_clean_core(target, when);
  }

  fs::path folder_;
  std::array<Bytes, names.size()> canaries_;
  std::vector<std::pair<std::string, Bytes>> own_;
  std::optional<Keyring> keyring_;
};

TEST_P(KeyStoreMemory, holds_neither_pin_nor_key_afterwards) {
  Target target("key_store_target", {folder_.string(), GetParam()}, true);
  ASSERT_TRUE(target.wait_for(Step::unlocked));
  learn_of_its_own();
  const Scan held = scan_process(target.process(), needles());
  EXPECT_TRUE(std::ranges::any_of(held.found, [](const std::string& found) { return found.starts_with("key, raw"); }))
      << "the positive control";
  EXPECT_TRUE(std::ranges::all_of(held.found, [](const std::string& found) { return found.starts_with("key, "); }))
      << "what it was opened with is not needed any more: " << ::testing::PrintToString(held.found);
  expect_clean_core(target, "while the key is held");
  target.go_on();
  ASSERT_TRUE(target.wait_for(Step::locked));
  expect_clean(target, "after opening");
  target.go_on();
  ASSERT_TRUE(target.wait_for(Step::failed_unlock));
  expect_clean(target, "after a wrong PIN");
}

INSTANTIATE_TEST_SUITE_P(Stores, KeyStoreMemory,
                         ::testing::Values("tpm2", "tpm2-pcrs", "pkcs11-aes", "pkcs11-rsa", "pkcs11-ec",
                                           "kernel-keyring", "secret-service", "recovery-code"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace latchkey::memory_test
