// The two kinds of source read_bundle() takes, each in the file of its name.
#pragma once

#include <filesystem>

#include "publish/bundle_collector.h"

namespace latchkey::publish {

// Fails: permission_denied, storage_failed, conflict (it changed meanwhile), input_too_large.
Status read_folder(const std::filesystem::path& folder, const WorkProgress& progress, BundleCollector& collector);

// A zip or tar, packed by gzip, bzip2, xz or zstd or not at all. Fails: invalid_format (no archive we know, a damaged
// one, an encrypted one), permission_denied, storage_failed, input_too_large.
Status read_archive(const std::filesystem::path& archive, const WorkProgress& progress, BundleCollector& collector);

}  // namespace latchkey::publish
