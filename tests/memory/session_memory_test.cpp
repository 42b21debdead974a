// After the vault's lock() nothing of the session is left in the memory of the app or in its core: no token, no DPoP
// key, no passcode; not in the session, curl, OpenSSL, nor in what they freed. The server with the tokens is this
// process.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <random>

#include "base/base64url.h"
#include "protocol/oauth/metadata.h"
#include "tests/memory/target.h"
#include "tests/support/scripted_server.h"

namespace latchkey::memory_test {
namespace {

namespace fs = std::filesystem;

std::string json_reply(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: keep-alive\r\n\r\n" + body;
}

class SessionMemory : public ::testing::TestWithParam<bool> {
 protected:
  SessionMemory() {
    std::random_device random;
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (std::string& canary : canaries_)
      while (canary.size() < canary_size) canary += alphabet[random() % alphabet.size()];
    std::ofstream out(folder_.path() / "canaries", std::ios::binary);
    for (const std::string& canary : canaries_)
      for (const char c : canary) out.put(static_cast<char>(static_cast<std::uint8_t>(c) ^ mask));
    fs::copy_file(ca_.file_name(), folder_.path() / "ca.pem");
  }

  std::optional<std::string> answer(const std::string& request) {
    if (request.starts_with("GET /.well-known/"))
      return json_reply(print_metadata(protocol::oauth::metadata_of_latchkey(origin())));
    if (request.starts_with("POST /token ")) {
      saw_refresh_ = request.find("refresh_token=" + canaries_[1]) != std::string::npos;
      return json_reply(R"({"access_token":")" + canaries_[4] + R"(","token_type":"DPoP","expires_in":300,)" +
                        R"("refresh_token":")" + canaries_[3] + R"("})");
    }
    saw_api_call_ = request.find("Authorization: DPoP " + canaries_[4] + "\r\n") != std::string::npos;
    return json_reply("{}");
  }
  std::string origin() const { return server_.url(""); }

  std::vector<Needle> needles() {
    std::ifstream in(folder_.path() / "dpop-key", std::ios::binary);
    Bytes key{std::istreambuf_iterator<char>(in), {}};
    for (auto& byte : key) byte ^= mask;
    EXPECT_EQ(key.size(), 32u);
    std::vector<Needle> all = forms_of("DPoP key", key);
    const std::string in_der =
        to_base64url(ByteView(key).first(30));  // where it stands in the DER the text is the same
    all.push_back({"DPoP key, base64url in its DER", Bytes(in_der.begin(), in_der.end())});
    for (std::size_t i = 0; i < canaries_.size(); ++i)
      for (Needle& needle : forms_of(std::string(session_canary_names[i]), as_bytes(canaries_[i])))
        all.push_back(std::move(needle));
    return all;
  }
  void expect_clean(const Target& target, std::string_view when) {
    const Scan memory = scan_process(target.process(), needles());
    EXPECT_GT(memory.bytes, std::size_t{1} << 20) << when;
    EXPECT_EQ(memory.found, std::vector<std::string>()) << when;
    const Scan core = dump_core(target.process(), folder_.path(), needles());
    EXPECT_GT(core.bytes, std::size_t{100'000}) << when;
    EXPECT_EQ(core.found, std::vector<std::string>()) << when;
    for (const auto& file : fs::directory_iterator(folder_.path()))
      EXPECT_EQ(scan_file(file.path(), needles()).found, std::vector<std::string>()) << when;
  }

  testing::TemporaryFolder folder_;
  std::array<std::string, session_canary_names.size()> canaries_;
  testing::ThrowawayCa ca_;
  testing::ServerIdentity identity_ = ca_.issue("IP:127.0.0.1");
  std::atomic<bool> saw_refresh_ = false;
  std::atomic<bool> saw_api_call_ = false;
  testing::ScriptedServer server_{[this](const std::string& request) { return answer(request); }, &identity_};
};

TEST_P(SessionMemory, holds_no_token_and_no_key_after_the_vault_locks) {
  if (!has_gcore()) GTEST_SKIP() << "gdb is not installed";
  Target target(SESSION_TARGET, {folder_.path().string(), origin()}, GetParam());
  ASSERT_TRUE(target.wait_for(Step::unlocked));
  EXPECT_TRUE(saw_refresh_);
  EXPECT_TRUE(saw_api_call_);
  if (GetParam()) {  // the positive control
    const Scan unlocked = scan_process(target.process(), needles());
    for (const std::string_view name :
         {"access token, raw", "refresh token, raw", "DPoP key, raw", "DPoP key, reversed"})
      EXPECT_TRUE(std::ranges::any_of(unlocked.found, [&](const auto& found) { return found.starts_with(name); }))
          << name;
  }
  target.go_on();
  ASSERT_TRUE(target.wait_for(Step::locked));
  expect_clean(target, "locked");
  target.go_on();
  ASSERT_TRUE(target.wait_for(Step::locked));
  expect_clean(target, "locked again");
}

INSTANTIATE_TEST_SUITE_P(Backing, SessionMemory, ::testing::Values(true, false),
                         [](const auto& info) { return info.param ? "anonymous" : "secret_memory"; });

}  // namespace
}  // namespace latchkey::memory_test
