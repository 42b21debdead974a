// What the token formats cost on top of the bare signature: minting an access token, checking a DPoP proof, reading
// JSON. Each is timed in turns with its bare signature, so that a busy machine slows both alike.
// Links: protocol
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <vector>

#include "crypto/signature.h"
#include "protocol/jose/jws.h"
#include "protocol/oauth/access_token.h"
#include "protocol/oauth/dpop.h"

namespace {

using namespace latchkey;
using namespace latchkey::protocol;

double cpu_microseconds() {
  timespec at{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) * 1e6 + static_cast<double>(at.tv_nsec) / 1e3;
}

double time_of(const std::function<void()>& work) {
  constexpr int times = 200;
  const double before = cpu_microseconds();
  for (int i = 0; i < times; ++i) work();
  return (cpu_microseconds() - before) / times;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

void report(const char* name, double microseconds) {
  std::printf(R"({"name":"%s","value":%.2f,"unit":"us CPU"})"
              "\n",
              name, microseconds);
}

// Medians of 31 turns.
void compare(const char* bare_name, const std::function<void()>& bare, const char* name,
             const std::function<void()>& whole) {
  std::vector<double> bare_times, whole_times;
  for (int turn = 0; turn < 31; ++turn) {
    bare_times.push_back(time_of(bare));
    whole_times.push_back(time_of(whole));
  }
  report(bare_name, median(bare_times));
  report(name, median(whole_times) - median(bare_times));
}

class OneKey final : public oauth::ProofKeyCache {
 public:
  std::shared_ptr<const oauth::ProofKey> find(std::string_view) override { return key_; }
  void keep(std::string_view, std::shared_ptr<const oauth::ProofKey> key) override { key_ = std::move(key); }

 private:
  std::shared_ptr<const oauth::ProofKey> key_;
};

const Instant now = from_unix_seconds(1'700'000'000);

oauth::AccessTokenClaims example_claims() {
  return {"https://id.example",
          "u-4f7d2a8c1b",
          "https://api.example",
          "app",
          "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
          now,
          now + std::chrono::seconds(300),
          "openid profile email offline_access",
          "s-1234567890abcdef",
          "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
          now,
          "",
          7,
          latchkey::protocol::StatusReference{4711, "https://id.example/status-lists/0"}};
}

void bench_mint(const crypto::SigningKey& key) {
  const jose::JwsSigner signer(key, {"at+jwt", jose::Jwk::of(key).kid(), jose::EmbeddedKey::refused});
  const auto claims = example_claims();
  const std::string message(500, 'm');
  compare(
      "ES256 sign, 500 bytes", [&] { (void)key.sign(as_bytes(message)); }, "mint an access token, beyond the signature",
      [&] { (void)signer.sign(oauth::print_access_token_claims(claims)); });
}

void bench_dpop(const crypto::SigningKey& key) {
  const oauth::DpopProver prover(key);
  const auto proof = *prover.prove({"POST", "https://id.example/token", std::nullopt, "nonce"}, {}, now);
  const oauth::DpopExpectation expected{"POST", "https://id.example/token", std::nullopt};
  const std::string message(400, 'm');
  const auto signature = *key.sign(as_bytes(message));
  const auto bare = [&] { (void)key.verifying_key().verify(as_bytes(message), signature.view()); };
  OneKey cache;
  compare("ES256 verify, 400 bytes", bare, "check a DPoP proof with its key kept, beyond the signature",
          [&] { (void)oauth::verify_dpop_proof(proof, expected, now, &cache); });
  compare("ES256 verify, 400 bytes (again)", bare, "check a DPoP proof with a new key, beyond the signature",
          [&] { (void)oauth::verify_dpop_proof(proof, expected, now, nullptr); });
}

void bench_reading() {
  const auto claims = oauth::print_access_token_claims(example_claims());
  report("read an access token's claims as JSON", time_of([&] { (void)json::parse_object(claims); }));
}

}  // namespace

int main() {
  const auto key = crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256);
  if (!key) return 1;
  bench_mint(*key);
  bench_dpop(*key);
  bench_reading();
}
