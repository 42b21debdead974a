#include "http/client/curl_memory.h"

#include <curl/curl.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/wiping.h"

namespace latchkey::http {
namespace {

void wipe_and_free(void* block) {
  if (block == nullptr) return;
  secure_wipe({static_cast<std::uint8_t*>(block), malloc_usable_size(block)});
  std::free(block);
}

// Never std::realloc: that may move the block and leave the old bytes behind.
void* reallocate(void* block, std::size_t size) {
  if (block == nullptr) return std::malloc(size);
  void* larger = std::malloc(size);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, std::min(size, malloc_usable_size(block)));
  wipe_and_free(block);
  return larger;
}

Status start() {
  if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, std::malloc, wipe_and_free, reallocate, strdup, std::calloc) !=
      CURLE_OK)
    return fail(Code::unsupported, "libcurl does not start");
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  if ((info->features & CURL_VERSION_SSL) == 0) return fail(Code::unsupported, "libcurl was built without TLS");
  return {};
}

}  // namespace

Status start_curl() {
  static const Status started = start();
  return started;
}

}  // namespace latchkey::http
