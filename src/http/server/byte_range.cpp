#include "http/server/byte_range.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace latchkey::http {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// "-500": the last 500 bytes.
AskedRange last_bytes(std::string_view digits, std::uint64_t size) {
  const auto count = parse_number(digits);
  if (!count) return WholeBody{};
  if (*count == 0 || size == 0) return NoSuchRange{};
  return ByteRange{size - std::min(*count, size), size - 1};
}

class PartOfSource final : public BodySource {
 public:
  PartOfSource(std::shared_ptr<const BodySource> whole, const ByteRange& range)
      : whole_(std::move(whole)), range_(range) {}
  std::uint64_t size() const override { return range_.size(); }
  Status read(std::uint64_t offset, MutableBytes out) const override {
    return whole_->read(range_.first + offset, out);
  }

 private:
  std::shared_ptr<const BodySource> whole_;
  ByteRange range_;
};

}  // namespace

AskedRange parse_range(std::string_view field, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!field.starts_with(unit)) return WholeBody{};
  field.remove_prefix(unit.size());
  const std::size_t dash = field.find('-');
  if (dash == field.npos) return WholeBody{};
  if (dash == 0) return last_bytes(field.substr(1), size);
  const auto first = parse_number(field.substr(0, dash));
  const std::string_view rest = field.substr(dash + 1);
  const auto last = rest.empty() ? std::optional(~std::uint64_t{0}) : parse_number(rest);
  if (!first || !last || *last < *first) return WholeBody{};
  if (*first >= size) return NoSuchRange{};
  return ByteRange{*first, std::min(*last, size - 1)};
}

AskedRange find_range(const Request& request, std::string_view etag, std::uint64_t size) {
  const auto range = request.headers.find("range");
  if (!range || request.headers.count("range") != 1) return WholeBody{};
  const auto condition = request.headers.find("if-range");
  if (condition && *condition != etag) return WholeBody{};
  return parse_range(*range, size);
}

Response describe_range(const AskedRange& asked, std::uint64_t size) {
  const std::string whole = std::to_string(size);
  Response response;
  response.headers.add("Accept-Ranges", "bytes");
  if (std::holds_alternative<NoSuchRange>(asked)) {
    response.status = 416;
    response.headers.add("Content-Range", "bytes */" + whole);
  } else if (const auto* const range = std::get_if<ByteRange>(&asked)) {
    response.status = 206;
    response.headers.add("Content-Range",
                         "bytes " + std::to_string(range->first) + "-" + std::to_string(range->last) + "/" + whole);
  }
  return response;
}

Response range_response(const AskedRange& asked, std::shared_ptr<const BodySource> whole) {
  Response response = describe_range(asked, whole->size());
  if (std::holds_alternative<NoSuchRange>(asked)) return response;
  response.headers.add("Content-Type", "application/octet-stream");
  if (const auto* const range = std::get_if<ByteRange>(&asked))
    response.body = std::make_shared<const PartOfSource>(std::move(whole), *range);
  else
    response.body = std::move(whole);
  return response;
}

}  // namespace latchkey::http
