// The one stylesheet of all pages, served from our own origin (the policy allows no inline style).
#pragma once

#include <string_view>

namespace latchkey::identity {

std::string_view style_sheet();

}  // namespace latchkey::identity
