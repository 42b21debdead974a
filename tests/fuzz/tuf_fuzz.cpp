// Links: protocol
// TUF metadata: what is read prints the same; nothing that the keys did not sign is believed, and nothing goes back.
#include "protocol/release/tuf/trusted_metadata.h"
#include "tests/fuzz/property.h"

namespace tuf = latchkey::protocol::tuf;
namespace json = latchkey::protocol::json;
using latchkey::Bytes;
using latchkey::ByteView;
using latchkey::fuzz::holds;

namespace {

const latchkey::Instant now = latchkey::from_unix_seconds(1'800'000'000);

// One key for every role: what the fuzzer writes gets past the signatures.
const latchkey::crypto::SigningKey& key() {
  static const auto made = latchkey::crypto::SigningKey::generate(latchkey::crypto::SignatureAlgorithm::ed25519);
  return *made;
}

Bytes sign(std::string_view content) {
  auto envelope = tuf::Envelope::of(content);
  if (!envelope || !envelope->sign(key())) return {};
  const std::string file = envelope->print();
  return {file.begin(), file.end()};
}

const Bytes& root_file() {
  static const Bytes file = [] {
    tuf::Root root;
    root.expires = now + std::chrono::days(1);
    const auto one = tuf::TufKey::of(key().verifying_key()).value();
    root.keys.emplace(one.id(), one);
    for (const auto role : {tuf::root_role, tuf::targets_role, tuf::snapshot_role, tuf::timestamp_role})
      root.roles[std::string(role)] = {{one.id()}, 1};
    return sign(print(root));
  }();
  return file;
}

template <class Parse>
void check_settles(const json::Value& content, Parse parse) {
  const auto role = parse(content);
  if (!role) return;
  const std::string text = print(*role);
  const auto again = tuf::Envelope::of(text);
  holds(again.has_value(), "what was printed is an envelope's content");
  const auto reread = parse(again->content());
  holds(reread.has_value() && print(*reread) == text, "reading and printing settle after one round");
}

void check_envelope(ByteView file) {
  const auto envelope = tuf::Envelope::parse(file, 64 * 1024);
  if (!envelope) return;
  const std::string printed = envelope->print();
  const auto again = tuf::Envelope::parse(latchkey::as_bytes(printed), 2 * printed.size());
  holds(again && again->canonical() == envelope->canonical(), "an envelope prints what was signed");
  check_settles(envelope->content(), tuf::parse_root);
  check_settles(envelope->content(), tuf::parse_timestamp);
  check_settles(envelope->content(), tuf::parse_snapshot);
  check_settles(envelope->content(), tuf::parse_targets);
}

void check_unsigned_is_refused(ByteView file) {
  auto trusted = tuf::TrustedMetadata::open(root_file(), now).value();
  holds(!trusted.update_root(file), "a root nobody signed");
  holds(trusted.finish_roots().has_value() && !trusted.update_timestamp(file), "a timestamp nobody signed");
  const std::vector<tuf::KeptFile> kept{{"timestamp.json", Bytes(file.begin(), file.end())},
                                        {"snapshot.json", Bytes(file.begin(), file.end())},
                                        {"targets.json", Bytes(file.begin(), file.end())}};
  auto restored = tuf::TrustedMetadata::open(root_file(), now).value();
  restored.restore(kept);
  holds(restored.kept().size() == 1, "nothing is restored that nobody signed");
}

// The parts of `text` between lines of "--" are what the repository serves, one after the other.
void check_walk(std::string_view text) {
  auto trusted = tuf::TrustedMetadata::open(root_file(), now).value();
  holds(trusted.finish_roots().has_value(), "our root");
  std::int64_t newest = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n--\n"), text.size());
    const Bytes file = sign(text.substr(0, end));
    text.remove_prefix(std::min(end + 4, text.size()));
    (void)trusted.update_timestamp(file);
    (void)trusted.update_snapshot(file);
    (void)trusted.update_targets(tuf::targets_role, file);
    if (trusted.timestamp() == nullptr) continue;
    holds(trusted.timestamp()->version >= newest && trusted.timestamp()->expires > now, "nothing goes back or is old");
    newest = trusted.timestamp()->version;
    (void)trusted.look_up("stable/release.json");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  if (data[0] == 'w') {
    check_walk(latchkey::as_text(rest));
  } else {
    check_envelope(rest);
    check_unsigned_is_refused(rest);
  }
  return 0;
}
