// Links: patch
// The decoder of patches against bytes that are none, in front of a small base: no crash, no more written than
// announced. The corpus holds patches for that base; a mutated header would end nearly every try, so its fixed fields
// are put right first.
#include "patch/container.h"
#include "patch/decode.h"
#include "patch/limits.h"
#include "patch/memory_tree.h"
#include "tests/fuzz/property.h"

namespace {

using namespace latchkey;
using namespace latchkey::patch;

constexpr std::string_view code =
    "import{a as b}from\"./x-AAAA1111.js\";function c(e,t){return e.value+t(1,b)}var n=c(3,e=>e+1);";

// Counts what arrives, and how.
class CountingTarget final : public TargetWriter {
 public:
  std::uint64_t bytes = 0;

  explicit CountingTarget(BaseReader& base) : base_(base) {}
  Status copy(std::string_view, std::size_t base_index) override {
    fuzz::holds(!open_ && base_index < base_.count(), "a copy is of a file of the base, and stands alone");
    bytes += base_.size(base_index);
    return {};
  }
  Status begin(std::string_view path, std::uint64_t size) override {
    fuzz::holds(!open_ && !path.empty() && path.size() <= limits::max_path_bytes, "one file at a time, with a name");
    open_ = true;
    left_ = size;
    return {};
  }
  Status write(ByteView content) override {
    fuzz::holds(open_ && content.size() <= left_, "no more than begin() said");
    left_ -= content.size();
    bytes += content.size();
    return {};
  }
  Status end() override {
    fuzz::holds(open_ && left_ == 0, "all that begin() said");
    open_ = false;
    return {};
  }

 private:
  BaseReader& base_;
  bool open_ = false;
  std::uint64_t left_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<File> files{{"a.js", as_bytes(code)},
                                {"b-BBBB2222.css", as_bytes("a{col\xFFr:red}")},
                                {"x-AAAA1111.js", as_bytes(code.substr(36))}};
  MemoryBase base(files);
  Bytes patch(data, data + size);
  if (patch.size() >= header_bytes) {  // the base's count and fingerprint
    Bytes right;
    Header header;
    header.base_files = 3;
    std::vector<BaseFile> listing;
    for (const File& file : files) listing.push_back({file.path, file.content.size()});
    header.base_print = fingerprint_of(listing);
    append_header(right, header);
    std::copy(right.begin() + 8, right.begin() + 12, patch.begin() + 8);
    std::copy(right.begin() + 16, right.begin() + 24, patch.begin() + 16);
    patch[header_bytes - 16] &= 0;  // groups of 16 MiB and less keep a run fast
  }
  CountingTarget target(base);
  const auto summary = read_summary(patch);
  const Status done = decode(patch, base, target);
  fuzz::holds(summary.has_value() || !done, "what has no summary is refused");
  if (summary) fuzz::holds(target.bytes <= summary->target_bytes, "no more is written than announced");
  if (done) fuzz::holds(target.bytes == summary->target_bytes, "all is written that was announced");
  return 0;
}
