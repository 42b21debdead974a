// The endpoint with everything that may be wrong with a request.
#include "protocol/vault_checkpoint.h"

#include <gtest/gtest.h>

#include "identity/checkpoints/checkpoint_store.h"
#include "tests/support/oauth_world.h"

namespace latchkey::identity {
namespace {

using tests::Device;
using tests::Fields;
using tests::Reply;

class VaultCheckpoint : public tests::OAuthWorld {
 protected:
  void SetUp() override {
    OAuthWorld::SetUp();
    token_ = sign_in(device_).text("access_token");
  }
  struct Call {
    http::Method method = http::Method::get;
    std::string body = {};
    Fields headers = {};
    std::string path = protocol::checkpoint_path(protocol::CheckpointVaultId{7});
  };
  Reply send_as(const Device& device, const std::string& token, const Call& call, std::string_view nonce = {}) {
    http::Request request;
    request.method = call.method;
    request.url = issuer + call.path;
    request.headers.set("Authorization", "DPoP " + token);
    request.headers.set("DPoP", device.prove(http::name_of(call.method), request.url, clock_.now(), token, nonce));
    for (const auto& [name, value] : call.headers) request.headers.set(name, value);
    request.body = WipedString(call.body);
    return send(request);
  }
  Reply get() { return send_as(device_, token_, {}); }
  Reply put(std::int64_t counter, const Fields& headers = {}) {
    return send_as(device_, token_, {http::Method::put, protocol::print_checkpoint(counter), headers});
  }
  Reply make(std::int64_t counter) { return put(counter, {{"If-None-Match", "*"}}); }
  std::string sign_in_as(const Device& device, const UserId& user, const char* client, const char* scope) {
    auto other = grant();
    other.user = user;
    other.client = ClientId(client);
    other.scope = scope;
    return post("/token", code_fields(code(other), client), {{"DPoP", device.prove("POST", token_url, clock_.now())}})
        .text("access_token");
  }

  Device device_;
  std::string token_;
};

TEST_F(VaultCheckpoint, is_made_read_moved_and_forgotten) {
  EXPECT_EQ(get().status, 404);
  EXPECT_EQ(put(5).status, 404);
  const Reply made = make(5);
  EXPECT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.body, R"({"counter":5})");
  EXPECT_EQ(put(6).status, 200);
  const Reply read = get();
  EXPECT_EQ(read.body, R"({"counter":6})");
  EXPECT_EQ(read.field("Cache-Control"), "no-store");
  EXPECT_EQ(send_as(device_, token_, {http::Method::delete_}).status, 204);
  EXPECT_EQ(get().status, 404);
}

TEST_F(VaultCheckpoint, a_counter_that_is_not_above_is_told_the_stored_one) {
  make(5);
  for (const std::int64_t counter : {1, 4, 5}) {
    const Reply refused = put(counter);
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(refused.field("Content-Type"), "application/problem+json");
    EXPECT_EQ(refused.text("code"), "conflict");
    EXPECT_EQ(protocol::parse_checkpoint_problem(refused.body).value(), 5);
  }
  const Reply again = make(9);
  EXPECT_EQ(again.status, 412);
  EXPECT_EQ(protocol::parse_checkpoint_problem(again.body).value(), 5);
  EXPECT_EQ(get().body, R"({"counter":5})");
}

TEST_F(VaultCheckpoint, takes_only_a_token_that_is_bound_and_its_proof) {
  make(5);
  const Call read;
  EXPECT_EQ(this->OAuthWorld::get(read.path).status, 401) << "no token";
  const auto bearer = sign_in().text("access_token");
  const Reply unbound = this->OAuthWorld::get(read.path, {{"Authorization", "Bearer " + bearer}});
  EXPECT_EQ(unbound.status, 401);
  EXPECT_TRUE(unbound.field("WWW-Authenticate").starts_with("DPoP ")) << unbound.field("WWW-Authenticate");
  EXPECT_EQ(this->OAuthWorld::get(read.path, {{"Authorization", "Bearer " + token_}}).status, 401);
  const Reply no_proof = this->OAuthWorld::get(read.path, {{"Authorization", "DPoP " + token_}});
  EXPECT_EQ(no_proof.text("error"), "invalid_dpop_proof");
  EXPECT_EQ(send_as(Device(), token_, read).status, 401) << "another device's proof";
  const auto of_another = device_.prove("GET", issuer + protocol::checkpoint_path({8}), clock_.now(), token_);
  EXPECT_EQ(send_as(device_, token_, {.headers = {{"DPoP", of_another}}}).status, 401) << "a proof for another vault";
  const auto of_a_put = device_.prove("PUT", issuer + read.path, clock_.now(), token_);
  EXPECT_EQ(send_as(device_, token_, {.headers = {{"DPoP", of_a_put}}}).status, 401);
}

TEST_F(VaultCheckpoint, needs_the_scope_and_a_user) {
  const Device device;
  const Reply narrow = send_as(device, sign_in_as(device, user_, "app", "read"), {});
  EXPECT_EQ(narrow.status, 403);
  EXPECT_EQ(narrow.text("error"), "insufficient_scope");
  const Reply own = post("/token", {{"grant_type", "client_credentials"}},
                         {basic("service", service_secret_), {"DPoP", device.prove("POST", token_url, clock_.now())}});
  ASSERT_EQ(own.status, 200) << own.body;
  EXPECT_NE(send_as(device, own.text("access_token"), {}).status, 200);
}

TEST_F(VaultCheckpoint, is_seen_and_moved_by_its_owners_app_only) {
  make(5);
  auto work = [&](sql::Transaction& tx) { return create_account(tx, "mallory", Role::user, clock_.now()); };
  const UserId mallory = (*db_->write(work).get()).id;
  const Device device;
  for (const auto& token :
       {sign_in_as(device, mallory, "app", "openid"), sign_in_as(device, user_, "other-app", "openid")}) {
    EXPECT_EQ(send_as(device, token, {}).status, 404);
    EXPECT_EQ(send_as(device, token, {http::Method::put, R"({"counter":99})"}).status, 404);
    EXPECT_EQ(send_as(device, token, {http::Method::delete_}).status, 204) << "of nothing";
  }
  EXPECT_EQ(get().body, R"({"counter":5})");
}

TEST_F(VaultCheckpoint, a_session_that_ended_moves_nothing) {
  const Reply reply = sign_in(device_);
  token_ = reply.text("access_token");
  make(5);
  post("/revoke", {{"token", reply.text("refresh_token")}, {"client_id", "app"}});
  EXPECT_EQ(put(6).status, 401);
}

TEST_F(VaultCheckpoint, strange_bodies_paths_and_conditions_are_refused) {
  make(5);
  for (const char* body : {"", "{}", "6", "[6]", R"({"counter":"6"})", R"({"counter":6.0})", R"({"counter":6e0})",
                           R"({"counter":0})", R"({"counter":-6})", R"({"counter":9007199254740992})",
                           R"({"counter":6,"counter":7})", R"({"counter":null})", "{\"counter\":6", "\xff"}) {
    const Reply refused = send_as(device_, token_, {http::Method::put, body});
    EXPECT_EQ(refused.status, 400) << body;
    EXPECT_EQ(refused.text("code"), "invalid_format") << body;
  }
  EXPECT_EQ(put(6, {{"If-None-Match", "\"5\""}}).status, 400);
  for (const char* path : {"/v1/vaults/07/checkpoint", "/v1/vaults/0A000000000000000000000000000000/checkpoint",
                           "/v1/vaults/zz000000000000000000000000000000/checkpoint",
                           "/v1/vaults/%30700000000000000000000000000000/checkpoint"})
    EXPECT_EQ(send_as(device_, token_, {.path = path}).status, 404) << path;
  EXPECT_EQ(get().body, R"({"counter":5})");
}

TEST_F(VaultCheckpoint, a_body_beyond_the_limit_is_not_read) {
  const std::string path = Call().path;
  EXPECT_EQ(router_.body_limit(http::Method::put, path), protocol::limits::checkpoint_body);
  http::Request request;
  request.method = http::Method::put;
  request.url = issuer + path;
  request.body = WipedString(protocol::limits::checkpoint_body + 1, ' ');
  http::LoopbackClient client(router_);
  const auto refused = client.send(request);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::input_too_large);
}

TEST_F(VaultCheckpoint, too_many_changes_wait) {
  make(1);
  std::int64_t counter = 1;
  write([&](sql::Transaction& tx) -> Status {  // all but the last that may be made at once, without their requests
    const CheckpointOwner owner{user_, ClientId("app")};
    for (counter = 2; counter < protocol::limits::checkpoint_changes; ++counter) {
      TRY(const auto change, move_checkpoint(tx, owner, protocol::CheckpointVaultId{7}, counter, clock_.now()));
      EXPECT_EQ(change.outcome, CheckpointOutcome::stored) << counter;
    }
    return {};
  });
  EXPECT_EQ(put(counter).status, 200);
  const Reply last = put(counter + 1);
  EXPECT_EQ(last.status, 429);
  EXPECT_FALSE(last.field("Retry-After").empty());
  EXPECT_EQ(get().status, 200);
}

TEST_F(VaultCheckpoint, asks_for_its_nonce) {
  make(5);
  start_service(/*requires_dpop_nonce=*/true);
  const Reply asked = get();
  EXPECT_EQ(asked.status, 401);
  EXPECT_EQ(send_as(device_, token_, {}, asked.field("DPoP-Nonce")).status, 200);
}

}  // namespace
}  // namespace latchkey::identity
