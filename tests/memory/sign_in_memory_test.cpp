// What a sign-in leaves in the memory of the app: while it waits for its tokens, code, PKCE verifier and state are
// there; once it is signed in, nothing of them is, in no library's buffers either; once its vault is locked, nothing of
// the tokens is. The server, and the browser, are this process.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <random>

#include "protocol/oauth/metadata.h"
#include "tests/memory/target.h"
#include "tests/support/browser.h"
#include "tests/support/scripted_server.h"
#include "tests/support/test_browser.h"

namespace latchkey::memory_test {
namespace {

namespace fs = std::filesystem;

class AppMemory : public ::testing::TestWithParam<bool> {
 protected:
  AppMemory() {
    std::random_device random;
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const auto fill = [&](std::string& text) {
      while (text.size() < canary_size) text += alphabet[random() % alphabet.size()];
    };
    std::ranges::for_each(canaries_, fill);
    fill(code_);
    std::ofstream out(folder_.path() / "canaries", std::ios::binary);
    for (const std::string& canary : canaries_) out << masked(canary);
    fs::copy_file(ca_.file_name(), folder_.path() / "ca.pem");
  }

  static std::string masked(std::string text) {
    for (char& c : text) c = static_cast<char>(static_cast<std::uint8_t>(c) ^ mask);
    return text;
  }

  static std::string json_reply(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nConnection: keep-alive\r\n\r\n" + body;
  }

  std::optional<std::string> answer(const std::string& request) {
    if (request.starts_with("GET /.well-known/"))
      return json_reply(print_metadata(protocol::oauth::metadata_of_latchkey(server_.url(""))));
    if (!request.starts_with("POST /token ")) return testing::http_reply("", "404 Not Found");
    const auto form = tests::query_of("?" + request.substr(request.find("\r\n\r\n") + 4));
    verifier_ = form.contains("code_verifier") ? form.at("code_verifier") : "";
    saw_code_ = form.contains("code") && form.at("code") == code_;
    if (GetParam()) found_while_waiting_ = scan_process(target_, flow_needles()).found;
    return json_reply(R"({"access_token":")" + canaries_[4] + R"(","token_type":"DPoP","expires_in":300,)" +
                      R"("refresh_token":")" + canaries_[3] + R"("})");
  }

  // The redirect that a browser would follow; the app is stopped until told to go on.
  std::string redirect() {
    std::ifstream in(folder_.path() / "url", std::ios::binary);
    auto asked = tests::query_of(masked({std::istreambuf_iterator<char>(in), {}}));
    state_ = asked["state"];
    nonce_ = asked["nonce"];
    return asked["redirect_uri"] + "?" +
           tests::print_form({{"code", code_}, {"state", state_}, {"iss", server_.url("")}});
  }

  static void add(std::vector<Needle>& to, const std::string& name, const std::string& secret) {
    EXPECT_GE(secret.size(), canary_size) << name;
    for (Needle& needle : forms_of(name, as_bytes(secret))) to.push_back(std::move(needle));
  }
  std::vector<Needle> flow_needles() const {
    std::vector<Needle> all;
    add(all, "authorization code", code_);
    add(all, "PKCE verifier", verifier_);
    add(all, "state", state_);
    add(all, "nonce", nonce_);
    return all;
  }
  std::vector<Needle> all_needles() const {
    std::vector<Needle> all = flow_needles();
    for (const std::size_t i : {0U, 3U, 4U}) add(all, std::string(session_canary_names[i]), canaries_[i]);
    return all;
  }

  void expect_clean(const std::vector<Needle>& needles, std::string_view when) const {
    const Scan memory = scan_process(target_, needles);
    EXPECT_GT(memory.bytes, std::size_t{1} << 20) << when;
    EXPECT_EQ(memory.found, std::vector<std::string>()) << when;
    const Scan core = dump_core(target_, folder_.path(), needles);
    EXPECT_GT(core.bytes, std::size_t{100'000}) << when;
    EXPECT_EQ(core.found, std::vector<std::string>()) << when;
  }

  testing::TemporaryFolder folder_;
  std::array<std::string, session_canary_names.size()> canaries_;
  std::string code_, verifier_, state_, nonce_;
  std::atomic<pid_t> target_ = -1;
  std::atomic<bool> saw_code_ = false;
  std::vector<std::string> found_while_waiting_;
  testing::ThrowawayCa ca_;
  testing::ServerIdentity identity_ = ca_.issue("IP:127.0.0.1");
  testing::ScriptedServer server_{[this](const std::string& request) { return answer(request); }, &identity_};
};

TEST_P(AppMemory, holds_nothing_of_a_sign_in_once_it_is_over) {
  if (!has_gcore()) GTEST_SKIP() << "gdb is not installed";
  Target target("sign_in_target", {folder_.path().string(), server_.url("")}, GetParam());
  target_ = target.process();
  ASSERT_TRUE(target.wait_for(Step::browser_opened));
  const std::string url = redirect();
  target.go_on();
  std::thread browser([&] { testing::visit(url); });
  const bool is_signed_in = target.wait_for(Step::signed_in);
  browser.join();
  ASSERT_TRUE(is_signed_in);
  EXPECT_TRUE(saw_code_);
  if (GetParam())  // the positive control
    for (const std::string_view name : {"authorization code, raw", "PKCE verifier, raw", "state, raw", "nonce, raw"})
      EXPECT_TRUE(std::ranges::any_of(found_while_waiting_, [&](const auto& f) { return f.starts_with(name); }))
          << name;
  expect_clean(flow_needles(), "signed in");
  target.go_on();
  ASSERT_TRUE(target.wait_for(Step::locked));
  expect_clean(all_needles(), "locked");
}

INSTANTIATE_TEST_SUITE_P(Backing, AppMemory, ::testing::Values(true, false),
                         [](const auto& info) { return info.param ? "anonymous" : "secret_memory"; });

}  // namespace
}  // namespace latchkey::memory_test
