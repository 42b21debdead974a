#include "tests/support/update/simulation/history.h"

namespace latchkey::update::testing {
namespace {

using std::chrono::days;

constexpr int days_between = 3;
constexpr int period = 10;  // rounds after which it goes on as in the first
const Instant first_day = from_unix_seconds(1'800'000'000);

Temper temper_of(int number) {
  switch (number % period) {
    case 3:
      return Temper::crashes;
    case 6:
      return Temper::never_ready;
    case 8:
      return Temper::crashes_later;
    default:
      return Temper::good;
  }
}
bool has_new_keys(int number) { return number % period == 4; }
// The round whose bundle comes back.
std::optional<int> restored_in(int number) { return number % period == 9 ? std::optional(number - 4) : std::nullopt; }

History::Files files_of(const AppRepository& repository) {
  History::Files files;
  for (const auto& [name, bytes] : repository.metadata) files["metadata/" + name] = bytes;
  for (const auto& [name, bytes] : repository.targets) files["targets/" + name] = bytes;
  return files;
}

}  // namespace

History::History(int rounds) : repository_(first_day) {
  take_quick_keys();
  root_ = repository_.metadata.at("1.root.json");
  built_in_root_ = repository_.root_of(0);
  know(0, Temper::good);
  for (int number = 1; number <= rounds; ++number) publish(number);
  for (const auto& [name, bytes] : repository_.objects) objects_["objects/" + name] = bytes;
  AppRepository other(first_day);
  other.publish(rounds + 1);
  foreign_ = files_of(other);
  for (const auto& [name, bytes] : other.objects) foreign_["objects/" + name] = bytes;
}

// Verifying signatures is most of what a simulation takes: keys whose signatures are verified quickest, and two of them
// only where a release is signed.
void History::take_quick_keys() {
  auto& tuf = repository_.tuf;
  tuf.root.keys.clear();
  tuf.targets.delegated_keys.clear();
  for (const char* role : {"root", "targets", "snapshot", "timestamp"})
    tuf.set_role(role, {std::string(role) + " p256"}, 1);
  tuf.delegate("ch-stable", "stable/*", {"ci p256", "human p256"}, 2);
  tuf.delegate("policy-stable", "policy/stable/*", {"policy p256"}, 1);
  tuf.publish();
  repository_.put_metadata();
}

void History::know(int version, Temper temper) {
  known_.emplace(repository_.root_of(version), Known{&repository_.bundle(version), version, temper});
}

void History::publish(int number) {
  const Instant begins = first_day + days(number * days_between);
  const auto issued = std::chrono::floor<std::chrono::seconds>(begins);
  auto& tuf = repository_.tuf;
  if (has_new_keys(number)) replace_keys(number);
  tuf.timestamp.expires = begins + days(days_between + 1);
  tuf.snapshot.expires = begins + days(7);
  for (auto& [name, role] : tuf.roles) role.expires = begins + days(30);
  tuf.targets.expires = tuf.root.expires = begins + days(365);
  repository_.policy.issued = issued;

  const auto restored = restored_in(number);
  const auto version_of = [this](int round) {
    return round < 1 ? 0 : rounds_.at(static_cast<std::size_t>(round) - 1).version;
  };
  const int version = restored ? version_of(*restored) : number;
  Publication how{.issued = issued};
  if (restored) how.rollback_of = *restored;
  for (const int base : {version_of(number - 1), version_of(number - 2), 0})
    if (base != version && std::ranges::find(how.bases, base) == how.bases.end()) how.bases.push_back(base);
  const std::uint64_t sequence = repository_.publish(version, how);
  know(version, temper_of(number));
  rounds_.push_back({.number = number,
                     .version = version,
                     .temper = temper_of(number),
                     .sequence = sequence,
                     .begins = begins,
                     .files = files_of(repository_)});
}

// Of the online roles, whose versions begin anew.
void History::replace_keys(int number) {
  auto& tuf = repository_.tuf;
  ++tuf.root.version;
  for (const char* role : {"snapshot", "timestamp"})
    tuf.set_role(role, {std::string(role) + " of round " + std::to_string(number) + " p256"}, 1);
  tuf.snapshot.version = tuf.timestamp.version = 0;
  tuf.publish_root();
}

const History::Known* History::find(const release::TreeRoot& root) const {
  const auto found = known_.find(root);
  return found == known_.end() ? nullptr : &found->second;
}

}  // namespace latchkey::update::testing
