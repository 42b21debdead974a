// The script every page of the app begins with: it says which load the page is, lets it say ready, reloads it when its
// bundle no longer runs. A native shell gives its web view the same script. It is a file of its own, so that a page's
// content security policy needs 'self' for it and nothing else.
#pragma once

#include <string>
#include <string_view>

namespace latchkey::update::web {

// Where in an HTML document the script's tag goes, so that it runs before everything else and the document stays in
// standards mode: behind <head>, or where a browser would imply it.
std::size_t place_of_script(std::string_view html);

// `facts`: a JSON object, see print_page_script in docs/formats/device-page-v1.md.
std::string print_page_script(std::string_view facts);

}  // namespace latchkey::update::web
