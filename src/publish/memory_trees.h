// The codec's two ports over bundles in memory: for checking a release on the publisher's machine as a device would.
#pragma once

#include "patch/decode.h"
#include "publish/bundle.h"

namespace latchkey::publish {

// Rebuilds the bundle `patch` leads to from `base` (null: from nothing). Fails: as patch::decode and Bundle::create.
Result<Bundle> apply_patch(ByteView patch, const Bundle* base);

}  // namespace latchkey::publish
