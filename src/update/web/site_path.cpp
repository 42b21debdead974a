#include "update/web/site_path.h"

#include <algorithm>
#include <array>

#include "protocol/limits.h"
#include "protocol/uri.h"

namespace latchkey::update::web {
namespace {

struct TypeOfEnding {
  std::string_view ending, type;
};

constexpr std::string_view page_type = "text/html; charset=utf-8";

// WHATWG MIME Sniffing and IANA's registry; text is UTF-8, as every bundler writes it.
constexpr auto types = std::to_array<TypeOfEnding>({
    {"html", page_type},
    {"htm", page_type},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"cjs", "text/javascript; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"webmanifest", "application/manifest+json"},
    {"wasm", "application/wasm"},
    {"txt", "text/plain; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"xml", "application/xml"},
    {"xhtml", "application/xhtml+xml"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"ico", "image/x-icon"},
    {"bmp", "image/bmp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"mp3", "audio/mpeg"},
    {"ogg", "audio/ogg"},
    {"wav", "audio/wav"},
    {"m4a", "audio/mp4"},
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
    {"pdf", "application/pdf"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"glb", "model/gltf-binary"},
});

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Result<std::string> parse_site_path(std::string_view url_path) {
  if (!url_path.starts_with('/')) return fail(Code::invalid_format, "path");
  if (url_path.size() > 3 * protocol::limits::bundle_path_bytes + 1) return fail(Code::input_too_large, "path");
  if (url_path.find('\0') != std::string_view::npos) return fail(Code::invalid_format, "path");
  TRY(std::string path, protocol::uri::percent_decode(url_path.substr(1)));
  if (path.empty() || path.ends_with('/')) path += "index.html";
  return path;
}

const protocol::release::FileEntry* find_site_file(const protocol::release::Tree& tree, std::string_view path,
                                                   AskedBy asked_by) {
  if (const auto* file = tree.find(path)) return file;
  const bool is_place_in_app = last_part(path) == "index.html" || last_part(path).find('.') == std::string_view::npos;
  return asked_by == AskedBy::page_load && is_place_in_app ? tree.find("index.html") : nullptr;
}

std::string_view content_type_of(std::string_view path) {
  const std::string_view name = last_part(path);
  const std::size_t dot = name.rfind('.');
  std::string ending(dot == std::string_view::npos ? "" : name.substr(dot + 1));
  for (char& c : ending)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const auto* const found = std::ranges::find(types, std::string_view(ending), &TypeOfEnding::ending);
  return found == types.end() ? "application/octet-stream" : found->type;
}

bool is_page(std::string_view path) { return content_type_of(path) == page_type; }

}  // namespace latchkey::update::web
