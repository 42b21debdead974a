// What a browser is shown between the last page of one bundle and the first of another. All its tabs have one cookie
// that says which bundle their files come from, so a new bundle's first page is loaded when no page of another is left:
// every page holds a lock of the browser (Web Locks) as long as it lives, and the turnstile waits for that lock alone.
#pragma once

#include "update/web/own_page.h"

namespace latchkey::update::web {

OwnPage turnstile_page();             // wants turnstile_script() as /__latchkey/turn.js
std::string_view turnstile_script();  // asks the pages to leave, waits, has the cookie taken back, loads the page

}  // namespace latchkey::update::web
