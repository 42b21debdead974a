// Archives through libarchive; the one file that knows it. The publisher's machine only: devices read no archives.
#include <archive.h>
#include <archive_entry.h>

#include <memory>

#include "protocol/limits.h"
#include "publish/source_readers.h"

namespace latchkey::publish {
namespace {

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;
using EntryType = decltype(archive_entry_filetype(nullptr));

constexpr std::size_t block_bytes = std::size_t{64} << 10;

Result<Reader> open(const std::filesystem::path& file) {
  Reader reader(archive_read_new(), &archive_read_free);
  if (!reader) return fail(Code::internal, "libarchive");
  archive_read_support_format_zip(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_gnutar(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_zstd(reader.get());
  if (archive_read_open_filename(reader.get(), file.c_str(), block_bytes) == ARCHIVE_OK) return reader;
  if (archive_errno(reader.get()) == EACCES) return fail(Code::permission_denied, "the archive");
  return fail(Code::invalid_format, "neither a zip nor a tar");
}

Result<Bytes> read_content(archive* reader, std::uint64_t room) {
  Bytes content;
  for (Bytes block(block_bytes);;) {
    const la_ssize_t got = archive_read_data(reader, block.data(), block.size());
    if (got < 0) return fail(Code::invalid_format, "the archive is damaged or encrypted");
    if (got == 0) return content;
    const auto size = static_cast<std::size_t>(got);
    if (content.size() + size > room) return fail(Code::input_too_large, "a bundle has 512 MiB at most");
    append(content, ByteView(block).first(size));
  }
}

std::string_view reason_for(EntryType type, bool is_hard_link) {
  if (is_hard_link || type == AE_IFLNK) return "links cannot be in a bundle";
  if (type == AE_IFBLK || type == AE_IFCHR) return "devices cannot be in a bundle";
  return "neither a file nor a folder";
}

// tar names everything "./..." when it was told to pack ".".
std::string bundle_path_of(archive_entry* entry) {
  const char* const raw = archive_entry_pathname_utf8(entry);
  std::string path = raw != nullptr ? raw : "";
  if (raw == nullptr)  // not UTF-8: kept as it is, to be refused by that name
    if (const char* const bytes = archive_entry_pathname(entry)) path = bytes;
  while (path.starts_with("./")) path.erase(0, 2);
  return path;
}

Status read_entry(archive* reader, archive_entry* entry, BundleCollector& collector) {
  const std::string path = bundle_path_of(entry);
  const EntryType type = archive_entry_filetype(entry);
  const bool is_link = archive_entry_hardlink(entry) != nullptr;
  if (type == AE_IFDIR) return {};
  if (!collector.wants(path)) return {};
  if (type != AE_IFREG || is_link) {
    collector.refuse(path, reason_for(type, is_link));
    return {};
  }
  // What the entry says of itself saves unpacking it; what comes out is counted all the same.
  const bool is_too_large = archive_entry_size_is_set(entry) != 0 && archive_entry_size(entry) > 0 &&
                            static_cast<std::uint64_t>(archive_entry_size(entry)) > collector.room();
  if (is_too_large) return fail(Code::input_too_large, "a bundle has 512 MiB at most");
  TRY(Bytes content, read_content(reader, collector.room()));
  return collector.add(path, std::move(content));
}

}  // namespace

Status read_archive(const std::filesystem::path& archive, const WorkProgress& progress, BundleCollector& collector) {
  std::error_code ignored;
  const std::uint64_t total = std::filesystem::file_size(archive, ignored);
  TRY(const Reader reader, open(archive));
  for (std::size_t entries = 0; entries <= protocol::limits::archive_entries; ++entries) {
    archive_entry* entry = nullptr;
    const int outcome = archive_read_next_header(reader.get(), &entry);
    if (outcome == ARCHIVE_EOF && entries > 0) return {};
    if (outcome != ARCHIVE_OK && outcome != ARCHIVE_WARN)
      return fail(Code::invalid_format, "no archive, or a damaged one");
    TRY_DO(read_entry(reader.get(), entry, collector));
    tell(progress, "reading the archive", static_cast<std::uint64_t>(archive_filter_bytes(reader.get(), -1)), total);
  }
  return fail(Code::input_too_large, "too many entries");
}

}  // namespace latchkey::publish
