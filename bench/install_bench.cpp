// Links: update http_client
// A release from check to staged, beside the least that its bytes cost: written to the disk, synced, hashed.
//   install_bench APP REPOSITORY ROOT CONTENT_KEY FOLDER ROUNDS
// Each round is a new device below FOLDER. Prints one JSON line of medians: wall and processor milliseconds of check,
// of download (fetched, opened, decoded, on the disk), of the raw copy, and of decoding alone.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/atomic_file.h"
#include "base/base64url.h"
#include "base/hex.h"
#include "http/client/curl_client.h"
#include "patch/decode.h"
#include "protocol/limits.h"
#include "protocol/release/object.h"
#include "update/engine.h"
#include "update/vfses/posix_vfs.h"

namespace {

namespace fs = std::filesystem;
namespace release = latchkey::protocol::release;
using namespace latchkey;

struct Cost {
  double wall = 0, processor = 0;  // milliseconds
};

double processor_now() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto millis = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return millis(used.ru_utime) + millis(used.ru_stime);
}

template <class Work>
Cost measure(Work work) {
  const double processor = processor_now();
  const auto wall = std::chrono::steady_clock::now();
  work();
  return {std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - wall).count(),
          processor_now() - processor};
}

template <class T>
T need(Result<T> result, const char* what) {
  if (result) return *std::move(result);
  fmt::print(stderr, "{}: {}\n", what, to_string(result.error()));
  std::exit(1);
}

Cost median(std::vector<Cost> costs) {
  std::ranges::sort(costs, {}, &Cost::wall);
  return costs[costs.size() / 2];
}

class Nowhere final : public patch::TargetWriter {
 public:
  Status copy(std::string_view, std::size_t) override { return {}; }
  Status begin(std::string_view, std::uint64_t) override { return {}; }
  Status write(ByteView) override { return {}; }
  Status end() override { return {}; }
};

// The least: the object's bytes on the disk, and their hash.
void copy_and_hash(ByteView bytes, const fs::path& to) {
  const int fd = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool is_written = ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  if (!is_written || ::fsync(fd) != 0) std::abort();
  ::close(fd);
  if (crypto::sha256(bytes) == crypto::Sha256Digest{}) std::abort();
}

std::string print(std::string_view name, const std::vector<Cost>& costs) {
  const Cost cost = median(costs);
  return fmt::format(R"("{}":{{"wall":{:.2f},"processor":{:.2f}}})", name, cost.wall, cost.processor);
}

struct Bench {
  std::string app, repository;
  Bytes root;
  WipedString key;
  fs::path folder;
  std::unique_ptr<http::CurlClient> client;
  std::vector<Cost> checks, downloads, copies, decodes;
  std::uint64_t object_bytes = 0, bundle_bytes = 0;

  release::KeyRing ring() const {
    release::KeyRing made;
    made.content_keys.push_back(release::ContentKey::copy_of(need(parse_base64url(key), "content key")));
    return made;
  }

  void round(int number) {
    const fs::path at = folder / std::to_string(number);
    const SystemClock clock;
    const auto vfs = need(update::open_posix_vfs(at), "folder");
    update::EngineConfig config;
    config.app = app;
    config.base_url = repository;
    config.root = root;
    config.device.platform = "web";
    config.device.native = {1, 0, 0};
    config.ring = ring();
    const auto engine =
        need(update::Engine::open(*vfs, update::make_built_in_page("0"), *client, clock, std::move(config)), "engine");
    std::optional<release::ReleaseDescriptor> found;
    checks.push_back(measure([&] { found = need(engine->check(), "check").release; }));
    if (!found) std::exit((fmt::print(stderr, "no release\n"), 1));
    downloads.push_back(measure([&] { need(engine->download(), "download"); }));
    compare(*found, at);
    fs::remove_all(at);
  }

  void compare(const release::ReleaseDescriptor& found, const fs::path& at) {
    const auto full = std::ranges::find_if(found.objects, [](const auto& object) { return !object.base; });
    http::Request request;
    request.url = repository + "/objects/" + to_hex(full->id);
    const auto response = need(client->send(request), "object");
    const ByteView bytes = as_bytes(response.body_text());
    object_bytes = bytes.size();
    bundle_bytes = found.tree.bytes;
    copies.push_back(measure([&] { copy_and_hash(bytes, at / "copy"); }));
    const auto file_key = need(unwrap_file_key(full->keys, ring(), purpose_of(*full, found)), "key");
    const auto patch = need(release::open_object(file_key, bytes), "open");
    decodes.push_back(measure([&] {
      update::NoBase none;
      Nowhere nowhere;
      if (!patch::decode(patch, none, nowhere)) std::abort();
    }));
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const auto root = need(read_file(argv[3], protocol::limits::tuf_root_bytes), "root");
  const auto key = need(read_file(argv[4], 256), "content key");
  http::CurlOptions options;
  options.max_response_body_bytes = protocol::limits::object_bytes;
  const std::string_view key_text = as_text(key);
  Bench bench{.app = argv[1],
              .repository = argv[2],
              .root = Bytes(root.begin(), root.end()),
              .key = WipedString(key_text.substr(0, key_text.find('\n'))),
              .folder = argv[5],
              .client = need(http::CurlClient::create(options), "client"),
              .checks = {},
              .downloads = {},
              .copies = {},
              .decodes = {}};
  const int rounds = std::max(1, std::atoi(argv[6]));  // NOLINT(cert-err34-c)
  for (int i = 0; i < rounds; ++i) bench.round(i);
  fmt::print("{{\"object_bytes\":{},\"bundle_bytes\":{},{},{},{},{}}}\n", bench.object_bytes, bench.bundle_bytes,
             print("check", bench.checks), print("download", bench.downloads), print("copy_and_hash", bench.copies),
             print("decode", bench.decodes));
  return 0;
}
