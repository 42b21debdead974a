// A device in a process of its own, which idles, then takes the release it finds; prints by how many bytes its memory
// grew at most.
//   device_target REPOSITORY ROOT CONTENT_KEY(hex) BUILT_IN_FOLDER DATA_FOLDER
#include <fmt/format.h>
#include <malloc.h>

#include <fstream>

#include "base/atomic_file.h"
#include "base/hex.h"
#include "http/client/curl_client.h"
#include "protocol/limits.h"
#include "update/engine.h"
#include "update/vfses/posix_vfs.h"

namespace {

using namespace latchkey;

// "VmHWM:    12345 kB" of /proc/self/status, in bytes.
std::uint64_t memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field + ":")) return std::stoull(line.substr(field.size() + 1)) * 1024;
  return 0;
}
void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

Status run(char** arguments) {
  TRY(const auto root, read_file(arguments[2], protocol::limits::tuf_root_bytes));
  TRY(const auto key, parse_hex(arguments[3]));
  TRY(const auto vfs, update::open_posix_vfs(arguments[5]));
  http::CurlOptions options;
  options.max_response_body_bytes = protocol::limits::object_bytes;
  TRY(const auto client, http::CurlClient::create(options));
  const SystemClock clock;
  update::EngineConfig config;
  config.app = "com.example.shop";
  config.base_url = arguments[1];
  config.root.assign(root.begin(), root.end());
  config.device.platform = "android";
  config.device.native = {2, 0, 0};
  config.ring.content_keys.push_back(protocol::release::ContentKey::copy_of(key));
  TRY(auto built_in, update::open_built_in_folder(arguments[4], 0));
  TRY(const auto engine, update::Engine::open(*vfs, std::move(built_in), *client, clock, std::move(config)));
  engine->start();
  TRY_DO(engine->ready(engine->begin_load({})));
  TRY_DO(engine->check());  // libraries are loaded, and what they keep for good is there
  ::malloc_trim(0);

  forget_peak();
  const std::uint64_t idle = memory("VmRSS");
  TRY(const auto outcome, engine->check());
  if (outcome.kind != update::CheckKind::available) return fail(Code::not_found, update::name_of(outcome.kind));
  TRY(const auto report, engine->download());
  fmt::print("{} {} {}\n", memory("VmHWM") - idle, report.downloaded, report.steps_down);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const Status done = run(argv);
  if (!done) fmt::print(stderr, "{}\n", to_string(done.error()));
  return done ? 0 : 1;
}
