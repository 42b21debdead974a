#include "vault/recent_entries.h"

#include <algorithm>

namespace latchkey::vault {
namespace {

constexpr std::size_t name_at_byte = 2;  // behind in_tree and the name's length

std::string_view name_in(ByteView printed, std::size_t start) {
  return as_text(printed.subspan(start + name_at_byte, printed[start + 1]));
}

}  // namespace

std::size_t RecentEntries::position_of(std::string_view name) const {
  const auto name_of = [this](std::size_t start) { return name_in(list_->printed, start); };
  return static_cast<std::size_t>(std::ranges::lower_bound(list_->starts, name, {}, name_of) - list_->starts.begin());
}

bool RecentEntries::has(std::string_view name) const {
  const std::size_t at = position_of(name);
  return at < count() && name_at(at) == name;
}

std::string_view RecentEntries::name_at(std::size_t at) const { return name_in(list_->printed, list_->starts[at]); }

Result<EntryView> RecentEntries::entry_at(std::size_t at) const {
  ByteReader reader(ByteView(list_->printed).subspan(list_->starts[at] + 1));
  return take_entry(reader);
}

Result<std::optional<EntryView>> RecentEntries::find(std::string_view name) const {
  const std::size_t at = position_of(name);
  if (at == count() || name_at(at) != name) return std::optional<EntryView>();
  TRY(EntryView entry, entry_at(at));
  entry.name = name;
  return std::optional(entry);
}

void RecentEntries::put(const EntryView& entry, InTree in_tree) {
  const std::size_t at = position_of(entry.name);
  const bool is_replaced = at < count() && name_at(at) == entry.name;
  const List& old = *list_;
  const std::size_t start = at < count() ? old.starts[at] : old.printed.size();
  const std::size_t rest = !is_replaced ? start : at + 1 < count() ? old.starts[at + 1] : old.printed.size();
  if (is_replaced) in_tree = static_cast<InTree>(old.printed[start]);
  const std::size_t added = printed_size(entry.name);

  auto list = std::make_shared<List>();
  const ByteView from = old.printed;
  BytePrinter to(start + added + from.size() - rest);
  to.put(from.first(start));
  to.number(static_cast<std::uint8_t>(in_tree));
  print_entry(to, entry);
  to.put(from.subspan(rest));
  list->printed = std::move(to).finish();
  list->starts.reserve(old.starts.size() + 1);
  list->starts = old.starts;
  const auto place = list->starts.begin() + static_cast<std::ptrdiff_t>(at);
  const auto behind = is_replaced ? place + 1 : list->starts.insert(place, start) + 1;
  for (auto moved = behind; moved != list->starts.end(); ++moved) *moved += added - (rest - start);
  list->count_new = old.count_new + (!is_replaced && in_tree == InTree::no ? 1 : 0);
  list->earliest_expiry = std::min(old.earliest_expiry, expiry_of(entry.attributes));
  list_ = std::move(list);
}

Result<RecentEntries> RecentEntries::take(ByteReader& reader) {
  auto list = std::make_shared<List>();
  const ByteView all = reader.take_rest();
  list->printed.assign(all.begin(), all.end());
  ByteReader entries(list->printed);
  while (!entries.is_at_end()) {
    const std::size_t start = list->printed.size() - entries.size();
    TRY(const auto in_tree, entries.take_integer<std::uint8_t>());
    if (in_tree > 1) return fail(Code::future_version, "manifest: entry");
    TRY(const EntryView entry, take_entry(entries));
    if (!list->starts.empty() && entry.name <= name_in(list->printed, list->starts.back()))
      return fail(Code::vault_corrupted, "manifest: order");
    list->starts.push_back(start);
    list->count_new += in_tree == 0 ? 1 : 0;
    list->earliest_expiry = std::min(list->earliest_expiry, expiry_of(entry.attributes));
  }
  RecentEntries recent;
  recent.list_ = std::move(list);
  return recent;
}

}  // namespace latchkey::vault
