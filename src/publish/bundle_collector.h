// Gathers the files of a bundle while they are read, and everything that is wrong with them. For the readers of folders
// and archives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "publish/bundle_reader.h"

namespace latchkey::publish {

class BundleCollector final {
 public:
  BundleCollector(const ReadOptions& options, ReadReport& report) : options_(options), report_(report) {}

  // Whether the file at `path` is to be read at all: not excluded, not refused by its name. Tells the report.
  bool wants(const std::string& path);
  // The same for what stands in a folder: a folder not wanted need not be entered.
  bool wants_folder(const std::string& path);
  void refuse(const std::string& path, std::string_view reason);

  // How many bytes are left of what a bundle may have.
  std::uint64_t room() const;
  // Fails: input_too_large (files or bytes).
  Status add(std::string path, Bytes content);

  // Fails: invalid_format (there are offences), as Bundle::create.
  Result<Bundle> finish();

 private:
  void refuse_clashes();
  void refuse_without_index();

  const ReadOptions& options_;
  ReadReport& report_;
  std::vector<BundleFile> files_;
  std::uint64_t bytes_ = 0;
};

}  // namespace latchkey::publish
