// What publishers send as JSON, parsed once, here. Strict: no member nobody knows. What names and reasons may be is
// checked where they are stored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "release/endpoints/release_service.h"

namespace latchkey::release {

// All fail: invalid_format, input_too_large.

// {"id":...,"name":...}; without a name it is the id. `created_at` is the caller's to fill.
Result<App> parse_app_request(std::string_view body);

// {"name":...,"scopes":[...]}. Fails also: invalid_argument (a scope there is not).
struct ApiKeyRequest {
  std::string name;
  Scopes scopes = 0;
};
Result<ApiKeyRequest> parse_api_key_request(std::string_view body);

// {"release":...,"bps":...,"reason":...,"watch":...}: bps with `rollout`, and only there; watch with `resume` only,
// true if it is not said.
enum class RolloutAction : std::uint8_t { rollout, pause, resume, halt };
Result<RolloutChange> parse_rollout_request(std::string_view body, RolloutAction action);

// {"files":[{"name":...,"content":base64url}]}
Result<std::vector<UploadedFile>> parse_metadata_request(std::string_view body);

// {"descriptor":base64url,"metadata":base64url}
Result<SignedRelease> parse_release_request(std::string_view body);

}  // namespace latchkey::release
