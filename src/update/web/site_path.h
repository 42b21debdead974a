// Which file of a bundle a URL names. Files are found by comparing with the bundle's table; no path is ever put
// together from what a request says.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/release/tree.h"

namespace latchkey::update::web {

// The bundle path in a URL's path, as sent: "/a%20b/" -> "a b/index.html", "/" -> "index.html". Whether there is such a
// file is the table's to know. Fails: invalid_format (a broken percent code, NUL, no '/' at the front),
// input_too_large.
Result<std::string> parse_site_path(std::string_view url_path);

// The file a path names. For a page that a person goes to, a path that is no file and whose last part has no dot is
// the app's own business: index.html, as in the shells' web views. Null: there is none.
enum class AskedBy { page_load, anything_else };
const protocol::release::FileEntry* find_site_file(const protocol::release::Tree& tree, std::string_view path,
                                                   AskedBy asked_by);

// What browsers are told a file is, by the end of its name: scripts, styles and WebAssembly run under their own type
// only. Unknown ones are application/octet-stream.
std::string_view content_type_of(std::string_view path);
bool is_page(std::string_view path);  // HTML

}  // namespace latchkey::update::web
