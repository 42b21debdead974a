#include "protocol/jose/algorithm.h"

#include <array>
#include <utility>

namespace latchkey::protocol::jose {
namespace {

constexpr std::array<std::pair<Algorithm, std::string_view>, 4> words{{
    {Algorithm::es256, "ES256"},
    {Algorithm::ed25519, "EdDSA"},
    {Algorithm::rs256, "RS256"},
    {Algorithm::ps256, "PS256"},
}};

}  // namespace

std::string_view wire_word(Algorithm algorithm) { return words[static_cast<std::size_t>(algorithm)].second; }

Result<Algorithm> parse_algorithm(std::string_view word) {
  for (const auto& [algorithm, name] : words)
    if (name == word) return algorithm;
  return fail(Code::unsupported, "signature algorithm");
}

}  // namespace latchkey::protocol::jose
