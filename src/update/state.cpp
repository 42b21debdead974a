#include "update/state.h"

#include <algorithm>

namespace latchkey::update {

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::built_in:
      return "built_in";
    case Phase::trial:
      return "trial";
    case Phase::confirmed:
      return "confirmed";
  }
  return "";
}

std::string_view name_of(Failure failure) {
  switch (failure) {
    case Failure::crash:
      return "crash";
    case Failure::not_ready:
      return "not_ready";
    case Failure::verify:
      return "verify";
    case Failure::apply:
      return "apply";
    case Failure::native:
      return "native";
    case Failure::no_space:
      return "storage_full";
  }
  return "";
}

bool State::is_bad(const TreeRoot& root) const {
  return std::ranges::any_of(bad, [&](const BadRoot& one) { return one.root == root; });
}

void State::block(const TreeRoot& root, Failure reason) {
  if (is_bad(root)) return;
  if (bad.size() == max_bad) bad.erase(bad.begin());
  bad.push_back({root, reason});
}

unsigned State::strike(const TreeRoot& root) {
  const auto found = std::ranges::find(strikes, root, &Strikes::root);
  if (found != strikes.end()) return found->count = static_cast<std::uint8_t>(std::min(found->count + 1, 255));
  if (strikes.size() == max_strikes) strikes.erase(strikes.begin());
  strikes.push_back({root, 1});
  return 1;
}

void State::forget_strikes(const TreeRoot& root) {
  std::erase_if(strikes, [&](const Strikes& one) { return one.root == root; });
}

}  // namespace latchkey::update
