#include "identity/signals/status_index.h"

#include "protocol/routes.h"

namespace latchkey::identity {
namespace {

// Longer than any access token lives (config: 1 h).
constexpr std::chrono::days kept_after_end{1};

Result<std::optional<std::int64_t>> take_from_newest(sql::Transaction& tx, Instant until) {
  TRY(const sql::Rows rows,
      tx.query("UPDATE status_lists SET used = used + 1, "
               "needed_until = CASE WHEN needed_until < $1 THEN $1 ELSE needed_until END "
               "WHERE number = (SELECT MAX(number) FROM status_lists) AND used < $2 RETURNING number, used",
               until, statuses_in_a_list));
  if (rows.is_empty()) return std::nullopt;
  TRY(const auto values, (rows[0].as<std::int64_t, std::int64_t>()));
  const auto [number, used] = values;
  return number * statuses_in_a_list + used - 1;
}

Status begin_list(sql::Transaction& tx) {
  TRY_DO(
      tx.execute("INSERT INTO status_lists (number, used, needed_until) "
                 "SELECT COALESCE(MAX(number), -1) + 1, 0, 0 FROM status_lists WHERE 1 = 1 "
                 "ON CONFLICT (number) DO NOTHING"));
  return {};
}

}  // namespace

Result<std::int64_t> take_status_index(sql::Transaction& tx, Instant family_ends) {
  const Instant until = family_ends + kept_after_end;
  TRY(auto index, take_from_newest(tx, until));
  if (!index) {
    TRY_DO(begin_list(tx));
    TRY(index, take_from_newest(tx, until));
  }
  if (!index) return fail(Code::internal, "no status index");
  return *index;
}

StatusReference status_reference(std::string_view issuer, std::int64_t status_index) {
  StatusReference reference{status_index % statuses_in_a_list, std::string(issuer)};
  reference.uri.append(protocol::routes::status_lists).append("/");
  reference.uri.append(std::to_string(status_index / statuses_in_a_list));
  return reference;
}

Status publish_end(sql::Transaction& tx, std::int64_t status_index, Instant now) {
  TRY_DO(
      tx.execute("INSERT INTO ended_statuses (status_index, ended_at) VALUES ($1, $2) "
                 "ON CONFLICT (status_index) DO NOTHING",
                 status_index, now));
  return {};
}

Result<std::optional<StatusList>> find_status_list(sql::Transaction& tx, std::int64_t number) {
  TRY(const sql::Rows known, tx.query("SELECT 1 FROM status_lists WHERE number = $1", number));
  if (known.is_empty()) return std::nullopt;
  const std::int64_t first = number * statuses_in_a_list;
  TRY(const sql::Rows rows,
      tx.query("SELECT status_index FROM ended_statuses WHERE status_index >= $1 AND status_index < $2", first,
               first + statuses_in_a_list));
  StatusList list(statuses_in_a_list);
  for (const sql::Row row : rows) {
    TRY(const auto index, row.get<std::int64_t>(0));
    list.set(static_cast<std::size_t>(index - first));
  }
  return std::optional(std::move(list));
}

Result<std::vector<std::int64_t>> list_status_lists(sql::Transaction& tx) {
  TRY(const sql::Rows rows, tx.query("SELECT number FROM status_lists ORDER BY number"));
  std::vector<std::int64_t> numbers;
  for (const sql::Row row : rows) {
    TRY(const auto number, row.get<std::int64_t>(0));
    numbers.push_back(number);
  }
  return numbers;
}

Status drop_old_statuses(sql::Transaction& tx, Instant now) {
  TRY_DO(tx.execute("DELETE FROM ended_statuses WHERE ended_at <= $1", now - kept_after_end));
  TRY_DO(
      tx.execute("DELETE FROM status_lists WHERE needed_until <= $1 AND number < (SELECT MAX(number) FROM "
                 "status_lists)",
                 now));
  return {};
}

}  // namespace latchkey::identity
