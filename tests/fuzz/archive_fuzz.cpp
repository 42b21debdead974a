// Links: publish
// Zips and tars a publisher packs: what is accepted is a bundle within the limits, with nothing in it that climbs out.
#include <sys/mman.h>
#include <unistd.h>

#include "protocol/limits.h"
#include "protocol/release/bundle_path.h"
#include "publish/bundle_reader.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using fuzz::holds;

namespace {

// A file without a place in any folder.
class MemoryFile final {
 public:
  explicit MemoryFile(ByteView content) : descriptor_(memfd_create("archive", MFD_CLOEXEC)) {
    holds(descriptor_ >= 0, "memory for the archive");
    for (ByteView rest = content; !rest.empty();) {
      const ssize_t written = write(descriptor_, rest.data(), rest.size());
      holds(written > 0, "room for the archive");
      rest = rest.subspan(static_cast<std::size_t>(written));
    }
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(ByteView(data, size));
  publish::ReadOptions options;
  options.needs_index = false;
  options.excluded = {"*.map"};
  publish::ReadReport report;
  const auto bundle = publish::read_bundle(file.path(), options, report);
  holds(bundle || bundle.error().code == Code::invalid_format || bundle.error().code == Code::input_too_large,
        "an archive is a bundle, or told to be none");
  if (!bundle) return 0;
  holds(report.offences.empty(), "what offends is not packed");
  std::uint64_t total = 0;
  for (const auto& one : bundle->files()) {
    holds(protocol::release::check_bundle_path(one.path).has_value(), "paths stay below the bundle");
    holds(!one.path.ends_with(".map"), "what is excluded is left out");
    total += one.content.size();
  }
  holds(bundle->files().size() <= protocol::limits::bundle_files && total <= protocol::limits::bundle_bytes,
        "bounded, whatever the archive says of itself");
  return 0;
}
