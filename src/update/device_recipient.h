// The key of this one device: a release can be encrypted for it besides content keys, or instead of them
// (docs/formats/release-v1.md). Its public half is what a publisher is told. A host with a key store of its own fills
// EngineConfig::ring from there; who has none keeps the key in the engine's folder.
#pragma once

#include <optional>

#include "crypto/key_agreement.h"
#include "update/vfs.h"

namespace latchkey::update {

// From the file `recipient` of the engine's folder (mode 0600); made when it is missing. A damaged one is not replaced,
// for releases may be encrypted for it. Fails: storage_corrupted, future_version, storage_failed, storage_full.
Result<crypto::X25519Key> open_device_recipient(Vfs& vfs);

// The same without making one: nothing when there is none.
Result<std::optional<crypto::X25519Key>> find_device_recipient(Vfs& vfs);

}  // namespace latchkey::update
