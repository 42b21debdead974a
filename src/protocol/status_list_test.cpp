#include "protocol/status_list.h"

#include <gtest/gtest.h>

#include "base/base64url.h"
#include "crypto/random.h"
#include "protocol/deflate.h"
#include "protocol/jose/jwt.h"

namespace latchkey::protocol {
namespace {

const Instant list_time = from_unix_seconds(1'700'000'000);
constexpr std::string_view uri = "https://id.example/status-lists/0";

class StatusListToken : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(keys_.add(jose::Jwk::of(key_))); }

  static StatusListClaims claims() {
    return {std::string(uri), list_time, list_time + std::chrono::minutes(15), std::chrono::seconds(30)};
  }
  static std::string payload() {
    StatusList list(32);
    list.set(9);
    return *print_status_list_claims(claims(), list);
  }
  static std::string replaced(std::string_view what, std::string_view by) {
    std::string text = payload();
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
  }
  std::string sign(std::string_view payload, std::string_view typ = "statuslist+jwt") const {
    return std::string(*jose::JwsSigner(key_, {std::string(typ), jose::Jwk::of(key_).thumbprint(), {}}).sign(payload));
  }
  std::string refused(std::string_view token, Instant at = list_time) const {
    const auto list = verify_status_list(token, keys_, uri, at);
    return list ? "" : list.error().detail;
  }

  crypto::SigningKey key_ = *crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256);
  jose::Jwks keys_;
};

// The draft's example of 1-bit statuses (section 4.1): bytes b9 a3.
TEST(StatusList, the_bits_lie_as_in_the_draft) {
  StatusList list(16);
  for (const std::size_t index : {0U, 3U, 4U, 5U, 7U, 8U, 9U, 13U, 15U}) list.set(index);
  EXPECT_EQ(list.print().value(), to_base64url(compress(Bytes{0xb9, 0xa3}).value()));
  const auto theirs = StatusList::parse("eNrbuRgAAhcBXQ");
  ASSERT_TRUE(theirs);
  EXPECT_EQ(*theirs, list);
  EXPECT_TRUE(list.is_set(15).value());
  EXPECT_FALSE(list.is_set(14).value());
}

TEST(StatusList, beyond_its_end_nothing_is_known) {
  const StatusList list(16);
  EXPECT_EQ(list.is_set(16).error().code, Code::not_found);
  EXPECT_EQ(list.is_set(-1).error().code, Code::not_found);
}

TEST_F(StatusListToken, prints_what_the_draft_asks_for) {
  EXPECT_EQ(payload().substr(0, payload().find("\"lst\"")),
            R"({"sub":"https://id.example/status-lists/0","iat":1700000000,"exp":1700000900,"ttl":30,)"
            R"("status_list":{"bits":1,)");
  const auto read = verify_status_list(sign(payload()), keys_, uri, list_time);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->list.is_set(9).value());
  EXPECT_FALSE(read->list.is_set(8).value());
  EXPECT_EQ(read->claims.ttl, std::chrono::seconds(30));
}

TEST_F(StatusListToken, a_list_that_cannot_be_packed_is_still_a_token_readers_take) {
  StatusList list(std::size_t{1} << 15);  // as identity's
  const auto noise = crypto::random_array<4096>();
  for (std::size_t i = 0; i < list.size(); ++i)
    if ((noise[i / 8] >> (i % 8) & 1) != 0) list.set(i);
  const std::string token = sign(*print_status_list_claims(claims(), list));
  EXPECT_LT(token.size(), limits::jwt_bytes - 200) << "room for a long issuer";
  const auto read = verify_status_list(token, keys_, uri, list_time);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->list, list);
}

TEST_F(StatusListToken, row_65_an_unsigned_list_is_refused) {
  const std::string header = to_base64url(as_bytes(R"({"alg":"none","typ":"statuslist+jwt"})"));
  EXPECT_NE(refused(header + "." + to_base64url(as_bytes(payload())) + "."), "");
  const auto stranger = *crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256);
  const jose::JwsSigner signer(stranger, {"statuslist+jwt", jose::Jwk::of(key_).thumbprint(), {}});
  EXPECT_EQ(refused(*signer.sign(payload())), "signature");
}

TEST_F(StatusListToken, row_65_an_expired_list_is_refused) {
  EXPECT_EQ(refused(sign(payload()), list_time + std::chrono::minutes(15)), "");  // the skew of clocks
  EXPECT_EQ(refused(sign(payload()), list_time + std::chrono::minutes(16)), "expired");
  EXPECT_EQ(refused(sign(payload()), list_time - std::chrono::minutes(1)), "iat in the future");
  EXPECT_NE(refused(sign(replaced(R"("exp":1700000900,)", ""))), "");
}

TEST_F(StatusListToken, row_65_a_bomb_is_refused) {
  const std::string lst = to_base64url(compress(Bytes(std::size_t{2} << 20)).value());
  ASSERT_LT(lst.size(), limits::jwt_bytes * 9 / 16);
  EXPECT_EQ(StatusList::parse(lst).error().code, Code::input_too_large);
  std::string text = payload();
  const auto from = text.find(R"("lst":")") + 7;
  text.replace(from, text.find('"', from) - from, lst);
  EXPECT_EQ(refused(sign(text)), "lst: compressed bytes");
}

TEST_F(StatusListToken, may_come_without_a_ttl) {
  StatusListClaims without = claims();
  without.ttl = {};
  const std::string payload = *print_status_list_claims(without, StatusList(32));
  EXPECT_EQ(payload.find("ttl"), std::string::npos);
  const auto read = verify_status_list(sign(payload), keys_, uri, list_time);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->claims.ttl, std::chrono::seconds(0));
}

TEST_F(StatusListToken, another_kind_of_token_or_another_list_is_refused) {
  EXPECT_EQ(refused(sign(payload(), "at+jwt")), "typ");
  EXPECT_EQ(refused(sign(payload(), "")), "typ");
  EXPECT_EQ(refused(sign(replaced("status-lists/0", "status-lists/1"))), "another list");
  EXPECT_EQ(refused(sign(replaced(R"("bits":1)", R"("bits":2)"))), "bits");
  EXPECT_EQ(refused(sign(replaced(R"("ttl":30)", R"("ttl":0)"))), "ttl");
}

}  // namespace
}  // namespace latchkey::protocol
