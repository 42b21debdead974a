// Where in the status lists each family's bit is. An index is given once and never again: a list of 2^15 statuses is
// filled from its start, then the next begins; the list's number and the place in it are one number. Full and
// incompressible, a list makes a token of 7.5 KiB: below what any reader of JWTs takes (limits::jwt_bytes).
//
// An access token without a family (client_credentials), or revoked alone, is not in the lists: introspection knows.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "protocol/status_list.h"
#include "sql/database.h"

namespace latchkey::identity {

using protocol::StatusList;
using protocol::StatusReference;

inline constexpr std::int64_t statuses_in_a_list = 1 << 15;

// For a family that ends by `family_ends` at the latest.
Result<std::int64_t> take_status_index(sql::Transaction& tx, Instant family_ends);

// What the access tokens of that family say.
StatusReference status_reference(std::string_view issuer, std::int64_t status_index);

// Sets the bit, in the transaction that ends the family.
Status publish_end(sql::Transaction& tx, std::int64_t status_index, Instant now);

// The bits of one list. Nothing: there is no such list (yet, or any more).
Result<std::optional<StatusList>> find_status_list(sql::Transaction& tx, std::int64_t number);
// The numbers of all lists that living tokens may name.
Result<std::vector<std::int64_t>> list_status_lists(sql::Transaction& tx);

// Housekeeping: bits of families that ended a day ago, when all their access tokens have long expired; and lists none
// of whose families can live. The newest list stays, so that its number is not given again.
Status drop_old_statuses(sql::Transaction& tx, Instant now);

}  // namespace latchkey::identity
