#include "apps/latchkey/release_data.h"

namespace latchkey::app {

Result<std::unique_ptr<latchkey::release::FolderBlobStore>> open_objects(const identity::Config& config) {
  auto store = latchkey::release::FolderBlobStore::open(config.data / "objects");
  if (!store) return fail(store.error().code, "the folder of objects");
  return store;
}

}  // namespace latchkey::app
