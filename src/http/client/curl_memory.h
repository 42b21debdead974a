// Starts libcurl once per process, with an allocator that wipes what curl frees: its buffers held request headers and
// response bytes, tokens among them.
#pragma once

#include "base/result.h"

namespace latchkey::http {

// Thread-safe; the first call decides for good. When the host process has started curl before us, its allocator stays
// and curl's own buffers are not wiped. Fails: unsupported (curl cannot start, or lacks TLS).
Status start_curl();

}  // namespace latchkey::http
