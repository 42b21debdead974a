// Links: update_web
// What a browser asks the device's web server for, and where its script goes in a page. The first line is a URL's path,
// the rest an HTML document.
#include "tests/fuzz/property.h"
#include "update/web/page_script.h"
#include "update/web/site_path.h"

namespace web = latchkey::update::web;
namespace release = latchkey::protocol::release;
using latchkey::fuzz::holds;

namespace {

const release::Tree& tree() {
  static const release::Tree made = *release::Tree::create({{.path = "app.js", .size = 0, .sha256 = {}},
                                                            {.path = "assets/a b.css", .size = 0, .sha256 = {}},
                                                            {.path = "index.html", .size = 0, .sha256 = {}}});
  return made;
}

void check_path(std::string_view url) {
  const auto path = web::parse_site_path(url);
  if (!path) return;
  holds(path->find('\0') == std::string::npos, "no NUL");
  const auto* const file = web::find_site_file(tree(), *path, web::AskedBy::anything_else);
  holds(file == nullptr || file->path == *path, "only what the table has, under its name");
  const auto* const page = web::find_site_file(tree(), *path, web::AskedBy::page_load);
  holds(file == nullptr || page == file, "a file is a file for a page load, too");
  holds(page == nullptr || page == file || page->path == "index.html", "a place in the app is its page");
  holds(!web::content_type_of(*path).empty(), "every name has a type");
}

void check_page(std::string_view html) {
  const std::size_t place = web::place_of_script(html);
  holds(place <= html.size(), "within the document");
  std::string with(html);
  with.insert(place, "<script></script>");
  holds(web::place_of_script(with) == place, "nothing in front of it changes its place");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  const std::size_t line = text.find('\n');
  check_path(text.substr(0, line));
  if (line != std::string_view::npos) check_page(text.substr(line + 1));
  return 0;
}
