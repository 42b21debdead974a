#include "publish/bundle_reader.h"

#include "publish/source_readers.h"

namespace latchkey::publish {

Result<Bundle> read_bundle(const std::filesystem::path& source, const ReadOptions& options, ReadReport& report) {
  BundleCollector collector(options, report);
  std::error_code error;
  // The source itself may be a link (`dist -> build/2026-11`): the caller named it.
  const auto status = std::filesystem::status(source, error);
  switch (status.type()) {
    case std::filesystem::file_type::directory:
      TRY_DO(read_folder(source, options.progress, collector));
      break;
    case std::filesystem::file_type::regular:
      TRY_DO(read_archive(source, options.progress, collector));
      break;
    case std::filesystem::file_type::not_found:
      return fail(Code::not_found, "the bundle's folder or archive");
    default:
      return fail(error ? Code::permission_denied : Code::invalid_format, "neither a folder nor an archive");
  }
  return collector.finish();
}

}  // namespace latchkey::publish
