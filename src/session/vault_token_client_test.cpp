#include "session/vault_token_client.h"

#include <gtest/gtest.h>

#include "vault/key_stores/memory_key_store.h"
#include "vault/record_stores/memory_record_store.h"

namespace latchkey::session {
namespace {

class Server final : public http::Client {
 public:
  using Client::send;
  Result<http::Response> send(const http::Request& request, std::stop_token) override {
    authorization = request.headers.find("authorization").value_or("");
    ++requests;
    if (is_down) return fail(Code::network_unreachable);
    return http::empty_response(204);
  }
  std::string authorization;
  int requests = 0;
  bool is_down = false;
};

class VaultTokenClientTest : public ::testing::Test {
 protected:
  static std::unique_ptr<vault::Vault> make_vault(const Clock& clock) {
    vault::VaultParts parts{vault::make_memory_record_store(), {}, vault::make_fixed_identity({}), clock};
    parts.key_stores.push_back(vault::make_memory_key_store());
    vault::CreateOptions options;
    options.slots = {{vault::SlotKind::in_memory, "test"}};
    return vault::Vault::create(std::move(parts), options, {}).value();
  }
  void SetUp() override { put("the-api-key"); }
  void put(std::string_view token) { ASSERT_TRUE(vault_->set("api-key", vault::RecordValue::copy_of(token))); }
  Code get(const std::string& url) {
    http::Request request;
    request.url = url;
    const auto response = client_.send(request);
    return response ? Code{} : response.error().code;
  }

  ManualClock clock_;
  std::unique_ptr<vault::Vault> vault_ = make_vault(clock_);
  Server server_;
  VaultTokenClient client_{*vault_, "api-key", server_, {"https://api.example.com"}};
};

TEST_F(VaultTokenClientTest, the_record_goes_into_the_header) {
  EXPECT_EQ(get("https://api.example.com/things"), Code{});
  EXPECT_EQ(server_.authorization, "Bearer the-api-key");
  put("another-key");
  EXPECT_EQ(get("https://api.example.com/things"), Code{});
  EXPECT_EQ(server_.authorization, "Bearer another-key");
}

TEST_F(VaultTokenClientTest, other_servers_get_nothing) {
  for (const char* url :
       {"https://api.example.com.evil.example/", "http://api.example.com/", "https://api.example.com:8443/",
        "https://user@api.example.com/", "https://evil.example/https://api.example.com"}) {
    EXPECT_EQ(get(url), Code{}) << url;
    EXPECT_EQ(server_.authorization, "") << url;
  }
}

TEST_F(VaultTokenClientTest, without_the_record_nothing_is_sent) {
  vault_->lock();
  EXPECT_EQ(get("https://api.example.com/"), Code::vault_locked);
  ASSERT_TRUE(vault_->unlock({}));
  ASSERT_TRUE(vault_->remove("api-key"));
  EXPECT_EQ(get("https://api.example.com/"), Code::not_found);
  for (const char* wrong : {"two\nlines", "with space", "\x7f", "caf\xc3\xa9"}) {
    put(wrong);
    EXPECT_EQ(get("https://api.example.com/"), Code::invalid_format);
  }
  EXPECT_EQ(server_.requests, 0);
}

TEST_F(VaultTokenClientTest, the_callers_own_authorization_is_not_replaced) {
  http::Request request;
  request.url = "https://api.example.com/";
  request.headers.set("Authorization", "Basic x");
  EXPECT_EQ(client_.send(request).error().code, Code::invalid_argument);
}

TEST_F(VaultTokenClientTest, failures_are_the_networks_own) {
  server_.is_down = true;
  EXPECT_EQ(get("https://api.example.com/"), Code::network_unreachable);
}

}  // namespace
}  // namespace latchkey::session
