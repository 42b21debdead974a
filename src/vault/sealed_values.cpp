#include "vault/sealed_values.h"

namespace latchkey::vault {
namespace {

constexpr std::size_t max_kept_size = std::size_t{2} << 20;
constexpr std::size_t max_size_of_one = 4'096;  // a session has less; larger ones cost more to open than to fetch

}  // namespace

const Bytes* SealedValues::find(const EntryView& entry) const {
  const auto found = kept_.find(entry.part);
  if (found == kept_.end()) return nullptr;
  const Kept& kept = found->second;
  return kept.sequence == entry.sequence && kept.generation == entry.generation ? &kept.sealed : nullptr;
}

void SealedValues::keep(const EntryView& entry, Bytes sealed) {
  if (sealed.size() > max_size_of_one) return;
  while (size_ + sealed.size() > max_kept_size) {
    size_ -= kept_.begin()->second.sealed.size();
    kept_.erase(kept_.begin());
  }
  Kept& kept = kept_[entry.part];
  size_ = size_ - kept.sealed.size() + sealed.size();
  kept = {entry.sequence, entry.generation, std::move(sealed)};
}

void SealedValues::clear() {
  kept_.clear();
  size_ = 0;
}

}  // namespace latchkey::vault
