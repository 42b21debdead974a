// Browsers in which an account has signed in before. Their attempts are counted apart from strangers', so that
// strangers who try passwords cannot keep the owner out. A cookie that was used for too many wrong passwords is void.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "identity/ids.h"
#include "sql/database.h"

namespace latchkey::identity {

// The cookie's value: 256 random bits in base64url.
Result<WipedString> remember_device(sql::Transaction& tx, const UserId& user, Instant now);

// The hash that names the device if `cookie` was given to this user in the last 180 days; nothing for anybody else's.
Result<std::optional<ByteArray<32>>> find_device(sql::Transaction& tx, std::string_view cookie, const UserId& user,
                                                 Instant now);
Status forget_device(sql::Transaction& tx, const ByteArray<32>& device);
Status forget_devices_of(sql::Transaction& tx, const UserId& user);
Status drop_old_devices(sql::Transaction& tx, Instant now);  // housekeeping

}  // namespace latchkey::identity
