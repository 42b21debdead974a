// Links: release
// What publishers and scripts send to the release service: the JSON of every call, and API keys. Every parser gets the
// input.
#include "protocol/release/rollout_terms.h"
#include "release/endpoints/requests.h"
#include "release/keys/api_key.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using namespace latchkey::release;
using fuzz::holds;

namespace {

void check_app(std::string_view body) {
  const auto app = parse_app_request(body);
  holds(!app || (body.size() <= 4096 && body.find("\"id\"") != body.npos), "an app has an id, in a small body");
}

void check_key(std::string_view body) {
  const auto request = parse_api_key_request(body);
  if (!request) return;
  const auto names = names_of(request->scopes);
  holds(parse_scopes(names) == request->scopes, "scopes are printed as they were read");
  holds(request->scopes != 0, "a key that may do nothing is none");
}

void check_rollout(std::string_view body) {
  const auto share = parse_rollout_request(body, RolloutAction::rollout);
  const auto paused = parse_rollout_request(body, RolloutAction::pause);
  const auto resumed = parse_rollout_request(body, RolloutAction::resume);
  const auto halted = parse_rollout_request(body, RolloutAction::halt);
  holds(!share || (!paused && !resumed && !halted), "a share is not sent with anything else");
  holds(!share || (share->bps && *share->bps <= protocol::release::everybody && !share->paused), "a share");
  holds(!paused || (paused->paused == true && !paused->bps && !paused->halted), "pausing pauses");
  holds(!resumed || (resumed->paused == false && resumed->reason && !resumed->halted && resumed->watched),
        "resuming takes the reason away, and says whether the release may pause itself");
  holds(!halted || (halted->halted == true && !halted->paused), "halting halts");
  holds(paused.has_value() == halted.has_value() && (!paused || resumed), "the same body for all but the watch");
}

void check_uploads(std::string_view body) {
  if (const auto files = parse_metadata_request(body)) {
    std::size_t bytes = 0;
    for (const auto& file : *files) bytes += file.name.size() + file.bytes.size();
    holds(!files->empty() && files->size() <= 128 && bytes <= body.size(), "no more than was sent");
  }
  if (const auto release = parse_release_request(body))
    holds(release->descriptor.size() + release->metadata.size() <= body.size(), "no more than was sent");
}

void check_api_key(std::string_view text) {
  holds(!is_api_key(text) || (text.size() == 47 && text.starts_with("lkp_")), "an API key has one form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_app(text);
  check_key(text);
  check_rollout(text);
  check_uploads(text);
  check_api_key(text);
  return 0;
}
