// Reports that wait to be sent, as signed bodies, one file each: `reports/<number>`, in the order they happened. As
// thread-safe as the Vfs, but for renumber(), which nothing else runs beside.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/wiping.h"
#include "protocol/release/device_report.h"
#include "update/vfs.h"

namespace latchkey::update {

class ReportQueue final {
 public:
  // References outlive it.
  ReportQueue(Vfs& vfs, const crypto::SigningKey& key) : vfs_(vfs), key_(key) {}

  // The oldest first. Fails: storage_failed.
  Result<std::vector<std::uint64_t>> list() const;
  // Under its count, signed. Fails: as sign_device_report, storage_failed, storage_full.
  Status put(protocol::release::DeviceReport report);
  // Fails: not_found, input_too_large, storage_failed.
  Result<WipedString> read(std::uint64_t number) const;
  Status remove(std::uint64_t number);
  // Signed again under numbers from `first` on, in the same order; what cannot be read is dropped. A report that is
  // there twice after a crash is counted once: a device counts once per release. Returns the last number given.
  Result<std::uint64_t> renumber(std::uint64_t first);

 private:
  Vfs& vfs_;
  const crypto::SigningKey& key_;
};

}  // namespace latchkey::update
