#include "sql/rows.h"

namespace latchkey::sql {

Cell Rows::cell(std::size_t row, std::size_t column) const {
  const Slot& slot = cells_[row * columns_ + column];
  if (slot.type == Type::null || slot.type == Type::integer) return {slot.type, slot.value, {}};
  return {slot.type, 0, std::string_view(bytes_).substr(static_cast<std::size_t>(slot.value), slot.size)};
}

void Rows::append_bytes(Type type, std::string_view bytes) {
  cells_.push_back({type, static_cast<std::int64_t>(bytes_.size()), bytes.size()});
  bytes_.append(bytes);
}

}  // namespace latchkey::sql
