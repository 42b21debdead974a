// The biometrics that open a vault are those it was made with: their digest lies in the manifest, where only an
// unlocked vault can change it.
#include <array>

#include "vault/vault_inner.h"

namespace latchkey::vault {
namespace {

// Where Latchkey keeps its own (docs/formats/session-record-v1.md), and where apps keep theirs.
constexpr std::array<std::string_view, 2> session_records{"latchkey/session", "session/"};

Status drop_records(Contents& contents, RecordWriter& writer, std::string_view prefix, Instant now) {
  for (;;) {
    TRY(const auto found, contents.page(writer, {.prefix = prefix, .limit = 100}, now));
    if (found.empty()) return {};
    std::vector<Change> changes;
    for (const RecordInfo& info : found) changes.push_back({info.name, std::nullopt});
    TRY_DO(contents.apply(writer, changes, now));
  }
}

Status drop_sessions(Contents& contents, RecordWriter& writer, Instant now) {
  for (const std::string_view prefix : session_records) TRY_DO(drop_records(contents, writer, prefix, now));
  return {};
}

}  // namespace

Status Vault::Inner::check_enrolment(Opened& opened) {
  const VaultProtection protection = opened.contents.header().protection;
  if (!opened.recognition || !opened.recognition->is_primary) return {};
  if (opened.recognition->enrolment == opened.contents.manifest().enrolment) return {};
  if (protection.on_enrolment_change == OnEnrolmentChange::accept) return {};
  if (protection.on_enrolment_change == OnEnrolmentChange::refuse_and_drop) {
    const Instant now = parts.clock.now();
    UnlockedState state{std::move(opened.contents), opened.slot, {now, now}};
    TRY_DO(write_counted(
        state, [&](Contents& contents, RecordWriter& writer) { return drop_sessions(contents, writer, now); }));
    TRY_DO(scrub());
  }
  return fail(Code::key_invalidated, "the biometrics have changed");
}

void Vault::Inner::learn_enrolment(const std::optional<Recognition>& recognition) {
  EnrolmentDigest current{};
  if (recognition && recognition->is_primary) {
    current = recognition->enrolment;
  } else if (const auto asked = find_enrolment()) {
    current = *asked;
  } else {
    return;
  }
  {
    const std::lock_guard hold(mutex);
    if (!open || open->contents.manifest().enrolment == current) return;
  }
  static_cast<void>(
      write([&](Contents& contents, RecordWriter& writer) { return contents.put_enrolment(writer, current); }));
}

std::optional<EnrolmentDigest> Vault::Inner::find_enrolment() {
  VaultProtection protection;
  {
    const std::lock_guard hold(mutex);
    if (!open) return std::nullopt;
    protection = open->contents.header().protection;
  }
  if (protection.type != VaultType::device_security) return std::nullopt;
  const auto digest = primary_enrolment(parts.presences, protection);
  return digest ? std::optional(*digest) : std::nullopt;
}

}  // namespace latchkey::vault
