#include "update/report_queue.h"

#include <algorithm>
#include <charconv>

#include "protocol/limits.h"

namespace latchkey::update {
namespace {

std::string report_file(std::uint64_t number) { return "reports/" + std::to_string(number); }

std::optional<std::uint64_t> parse_report_number(std::string_view name) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || std::to_string(number) != name) return std::nullopt;
  return number;
}

}  // namespace

Result<std::vector<std::uint64_t>> ReportQueue::list() const {
  TRY(const auto names, vfs_.list("reports"));
  std::vector<std::uint64_t> numbers;
  for (const auto& name : names)
    if (const auto number = parse_report_number(name)) numbers.push_back(*number);
  std::ranges::sort(numbers);
  return numbers;
}

Status ReportQueue::put(protocol::release::DeviceReport report) {
  const std::uint64_t number = report.count;
  TRY(const std::string body, sign_device_report(std::move(report), key_));
  return write_whole(vfs_, report_file(number), as_bytes(body));
}

Result<WipedString> ReportQueue::read(std::uint64_t number) const {
  TRY(const Bytes body, read_whole(vfs_, report_file(number), protocol::limits::queued_report_bytes));
  return WipedString(as_text(body));
}

Status ReportQueue::remove(std::uint64_t number) { return vfs_.remove(report_file(number)); }

Result<std::uint64_t> ReportQueue::renumber(std::uint64_t first) {
  TRY(const auto numbers, list());
  std::uint64_t next = std::max(first, numbers.empty() ? 0 : numbers.back() + 1);
  for (const std::uint64_t number : numbers) {
    if (const auto body = read(number)) {
      if (auto report = protocol::release::open_device_report(*body)) {
        report->count = next++;
        TRY_DO(put(*std::move(report)));
      }
    }
    TRY_DO(remove(number));
  }
  return next - 1;
}

}  // namespace latchkey::update
