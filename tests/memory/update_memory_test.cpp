// How much memory a device needs to take an update, besides what it has when it idles: 40 MB at most, whatever a bundle
// is made of.
#include <gtest/gtest.h>

#include <cstdio>
#include <random>

#include "base/hex.h"
#include "tests/support/update/hostile_server.h"
#include "tests/support/update/test_device.h"

namespace latchkey::memory_test {
namespace {

using update::testing::AppRepository;

constexpr std::uint64_t bar = 40'000'000;

// What a minifier leaves: short names, a few of which every release gives anew, and few words.
std::string minified(std::size_t size, unsigned seed, unsigned version) {
  static constexpr std::array words{"function(", "return ", "this.", ".prototype.", "=>{",
                                    "const ",    ",null)",  "});",   ".length"};
  std::mt19937 random(seed);
  std::string text;
  text.reserve(size);
  while (text.size() + 32 < size) {
    text += words[random() % words.size()];
    const auto name = static_cast<char>('a' + random() % 20);
    text += random() % 200 == 0 ? static_cast<char>('u' + version) : name;
    text += random() % 8 == 0 ? ";\n" : ",";
    if (random() % 64 == 0) text += std::to_string(random());
  }
  return text + std::string(size - text.size(), ' ');
}

Bytes noise(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  Bytes bytes(size);
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    const std::uint64_t word = random();
    std::memcpy(bytes.data() + i, &word, 8);
  }
  return bytes;
}

// 24 MB in all: a script that is a group of its own, more that fill one, what is too large for any, and small files.
publish::Bundle heavy_bundle(int version) {
  const auto bytes = [](const std::string& text) { return Bytes(text.begin(), text.end()); };
  const auto number = static_cast<unsigned>(version);
  std::vector<publish::BundleFile> files;
  if (version == 0) {
    files.push_back({"index.html", bytes("<title>0</title>")});
    return *publish::Bundle::create(std::move(files));
  }
  files.push_back({"fonts.bin", noise(std::size_t{9} << 20, 1)});
  files.back().content[std::size_t{5} << 20] ^= static_cast<std::uint8_t>(version);
  files.push_back({"photo.bin", noise(std::size_t{5} << 20, number)});
  files.push_back({"vendor.js", bytes(minified(std::size_t{6} << 20, 1, number))});
  for (unsigned i = 0; i < 200; ++i)
    files.push_back({"chunk-" + std::to_string(i) + ".js", bytes(minified(20'000, i + 2, number))});
  return *publish::Bundle::create(std::move(files));
}

class UpdateMemory : public ::testing::Test {
 protected:
  UpdateMemory() {
    update::testing::write_folder(folder.path() / "assets", repository.bundle(0));
    std::ofstream(folder.path() / "root.json", std::ios::binary) << as_text(repository.tuf.metadata.at("1.root.json"));
  }
  // By how much the device's memory grew while it took what the repository has.
  std::uint64_t take() {
    const auto at = [&](const char* name) { return (folder.path() / name).string(); };
    const std::string command =
        fmt::format("'{}/device_target' {}/updates/{} '{}' {} '{}' '{}'", program_folder(), server.origin(),
                    AppRepository::app, at("root.json"), to_hex(Bytes(32, 9)), at("assets"), at("data"));
    FILE* const device = ::popen(command.c_str(), "r");  // NOLINT(cert-env33-c): our own program
    std::uint64_t grown = 0, downloaded = 0, steps_down = 1;
    EXPECT_EQ(std::fscanf(device, "%lu %lu %lu", &grown, &downloaded, &steps_down), 3);  // NOLINT(cert-err34-c)
    EXPECT_EQ(::pclose(device), 0);
    EXPECT_EQ(steps_down, 0U) << "an object needs " << repository.descriptor.objects.front().memory;
    std::printf("peak memory above idle: %.1f MB for %.1f MB of download\n", static_cast<double>(grown) / 1e6,
                static_cast<double>(downloaded) / 1e6);
    return grown;
  }
  static std::string program_folder() { return std::filesystem::read_symlink("/proc/self/exe").parent_path().string(); }

  latchkey::testing::TemporaryFolder folder;
  AppRepository repository{std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()), heavy_bundle};
  update::testing::HostileServer server{repository.router};  // which is well
};

TEST_F(UpdateMemory, of_a_full_bundle_and_of_a_large_patch_stays_below_40_mb) {
  repository.publish(1);
  EXPECT_LE(take(), bar);
  repository.publish(2, {.bases = {1}, .has_full = false});
  EXPECT_LE(take(), bar);
}

TEST_F(UpdateMemory, of_a_host_that_knows_no_ranges_stays_below_40_mb_too) {
  repository.publish(1);
  server.behave("objects/", [this](update::testing::Peer& peer, const update::testing::GoodAnswer& good) {
    const Bytes& object = repository.objects.at(good.path.substr(good.path.find('/') + 1));
    const bool is_sent =
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(object.size()) + "\r\n\r\n") &&
        peer.send(as_text(object));
    return is_sent ? update::testing::Then::go_on : update::testing::Then::hang_up;
  });
  EXPECT_LE(take(), bar);
}

}  // namespace
}  // namespace latchkey::memory_test
