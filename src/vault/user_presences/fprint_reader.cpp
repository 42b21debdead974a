#include "vault/user_presences/fprint_reader.h"

#include <algorithm>

#include "protocol/limits/vault.h"

namespace latchkey::vault {
namespace {

constexpr const char* fprint_service = "net.reactivated.Fprint";
constexpr const char* device_interface = "net.reactivated.Fprint.Device";
constexpr std::chrono::seconds time_to_give_back{1};

Error to_error(std::string_view name) {
  if (name == "net.reactivated.Fprint.Error.PermissionDenied" || name == "org.freedesktop.DBus.Error.AccessDenied")
    return {Code::permission_denied, "the system does not let this session use the fingerprint reader"};
  if (name == "net.reactivated.Fprint.Error.NoEnrolledPrints") return {Code::not_enrolled, "no fingerprint"};
  if (name == "net.reactivated.Fprint.Error.NoSuchDevice")
    return {Code::unsupported, "this device has no fingerprint reader that fprintd knows"};
  if (name == "net.reactivated.Fprint.Error.AlreadyInUse")
    return {Code::temporarily_unavailable, "another program uses the fingerprint reader"};
  if (name == "org.freedesktop.DBus.Error.ServiceUnknown" || name == "org.freedesktop.DBus.Error.NameHasNoOwner")
    return {Code::temporarily_unavailable, "the fingerprint service went away"};
  return {Code::temporarily_unavailable, "the fingerprint reader does not answer"};
}

tl::unexpected<Error> misunderstood() {
  return fail(Code::temporarily_unavailable, "the fingerprint service gives no usable answer");
}

// Unknown words count as a failing reader, never as a match.
ScanResult to_result(std::string_view word) {
  struct Row {
    std::string_view word;
    ScanResult result;
  };
  constexpr Row rows[] = {{"verify-match", ScanResult::match},
                          {"verify-no-match", ScanResult::no_match},
                          {"verify-retry-scan", ScanResult::retry},
                          {"verify-swipe-too-short", ScanResult::swipe_too_short},
                          {"verify-finger-not-centered", ScanResult::not_centered},
                          {"verify-remove-and-retry", ScanResult::remove_and_retry}};
  const auto* row = std::ranges::find(rows, word, &Row::word);
  return row == std::end(rows) ? ScanResult::failed : row->result;
}

}  // namespace

template <class... Arguments>
Result<bus::Message> FprintReader::call(const Waiting& waiting, const char* member, const char* types,
                                        Arguments... arguments) {
  TRY(bus::Reply reply, connection_.call(waiting, device_, member, types, arguments...));
  if (!reply.error.empty()) return tl::unexpected(to_error(reply.error));
  return std::move(reply.message);
}

Result<std::unique_ptr<FprintReader>> FprintReader::find(const FprintOptions& options, const Waiting& waiting) {
  const std::string& address = options.bus_address;
  TRY(auto connection, bus::Connection::open(address.empty() ? bus::system_address : address));
  auto owner = connection.get_owner(waiting, fprint_service, options.required_owner);
  if (!owner && owner.error().code == Code::unsupported)
    return fail(Code::unsupported, "the fingerprint service is not installed; install fprintd");
  if (!owner) return tl::unexpected(owner.error());
  std::unique_ptr<FprintReader> reader(new FprintReader(std::move(connection), *std::move(owner)));
  TRY_DO(reader->find_device(waiting));
  TRY_DO(reader->subscribe());
  return reader;
}

Status FprintReader::find_device(const Waiting& waiting) {
  device_ = {owner_, "/net/reactivated/Fprint/Manager", "net.reactivated.Fprint.Manager"};
  TRY(const bus::Message reply, call(waiting, "GetDefaultDevice", ""));
  const char* path = nullptr;
  if (sd_bus_message_read(reply.get(), "o", &path) < 0) return misunderstood();
  device_ = {owner_, path, device_interface};
  return {};
}

Status FprintReader::subscribe() {
  TRY(on_scan_, connection_.subscribe(owner_, device_.path, device_interface, "VerifyStatus",
                                      [this](sd_bus_message* message) { note_scan(message); }));
  TRY(on_owner_, connection_.subscribe("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                       "NameOwnerChanged", [this](sd_bus_message* message) {
                                         const char* name = nullptr;
                                         if (sd_bus_message_read(message, "s", &name) >= 0 && owner_ == name)
                                           is_lost_ = true;
                                       }));
  return {};
}

void FprintReader::note_scan(sd_bus_message* message) {
  // The match asks for this sender already; what decides over presence is looked at twice.
  const char* sender = sd_bus_message_get_sender(message);
  const char* word = nullptr;
  int is_done = 0;
  if (sender == nullptr || owner_ != sender || sd_bus_message_read(message, "sb", &word, &is_done) < 0) return;
  if (is_scanning_) scans_.push_back({word, is_done != 0});
}

FprintReader::~FprintReader() {
  const Waiting waiting(time_to_give_back, {});
  // Whatever these answer: the daemon also takes the reader back when the connection closes.
  if (is_scanning_) static_cast<void>(call(waiting, "VerifyStop", ""));
  if (is_claimed_) static_cast<void>(call(waiting, "Release", ""));
}

Result<EnrolmentDigest> FprintReader::get_enrolment(const Waiting& waiting) {
  TRY(const bus::Message reply, call(waiting, "ListEnrolledFingers", "s", ""));
  if (sd_bus_message_enter_container(reply.get(), 'a', "s") < 0) return misunderstood();
  std::vector<std::string> names;
  const char* finger = nullptr;
  while (names.size() <= protocol::limits::enrolled_fingers && sd_bus_message_read(reply.get(), "s", &finger) > 0)
    names.emplace_back(finger);
  if (names.size() > protocol::limits::enrolled_fingers) return misunderstood();
  if (names.empty()) return fail(Code::not_enrolled, "no fingerprint");
  names.push_back("reader:" + bus::find_text_property(connection_, waiting, device_, "name"));
  return digest_of_enrolment(PresenceMethod::fingerprint, std::move(names));
}

Status FprintReader::claim(const Waiting& waiting) {
  // Set before the answer: a claim whose answer we did not wait for is given back, too.
  is_claimed_ = true;
  const auto reply = call(waiting, "Claim", "s", "");
  if (reply) return {};
  is_claimed_ = reply.error().code == Code::cancelled || reply.error().code == Code::presence_timeout;
  return tl::unexpected(reply.error());
}

Status FprintReader::start(const Waiting& waiting) {
  if (is_scanning_) return {};
  scans_.clear();
  is_scanning_ = true;
  TRY_DO(call(waiting, "VerifyStart", "s", "any"));
  return {};
}

Result<ScanResult> FprintReader::scan(const Waiting& waiting) {
  TRY_DO(start(waiting));
  TRY_DO(connection_.wait(waiting, [this] { return !scans_.empty() || is_lost_; }));
  if (scans_.empty()) return fail(Code::temporarily_unavailable, "the fingerprint service went away");
  const Scan scan = scans_.front();
  scans_.pop_front();
  const ScanResult result = to_result(scan.word);
  if (scan.is_done) {
    TRY_DO(call(waiting, "VerifyStop", ""));
    is_scanning_ = false;
  }
  // A decision is final by the daemon's own rules; one that is not is none of its decisions.
  if (result == ScanResult::match && !scan.is_done) return ScanResult::failed;
  return result;
}

}  // namespace latchkey::vault
