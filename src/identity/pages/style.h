// The one stylesheet of all pages, served from our own origin (the policy allows no inline style).
#pragma once

#include <string_view>

namespace latchkey::identity {

inline constexpr std::string_view style_path = "/assets/style.css";

std::string_view style_sheet();

}  // namespace latchkey::identity
