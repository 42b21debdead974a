// Small web bundles that change a little from version to version, as builds do.
#pragma once

#include <fmt/format.h>

#include "publish/bundle.h"

namespace latchkey::testing {

inline publish::Bundle sample_bundle(int version) {
  const auto bytes = [](std::string_view text) { return Bytes(text.begin(), text.end()); };
  std::string script;
  for (int i = 0; i < 120; ++i)
    script += fmt::format("function f{}(a,b){{return a*{}+b;}}\n", i, i == version % 120 ? 7777 : i * i);
  std::string drawing = "<svg><path d='M0 0";  // what no codec makes small, and no version changes
  std::uint32_t step = 1;
  for (int i = 0; i < 400; ++i) drawing += fmt::format(" {:x}", step = step * 1664525 + 1013904223);
  return *publish::Bundle::create({
      {"index.html", bytes(fmt::format("<script src=assets/app-{:08x}.js></script>", version * 40503))},
      {fmt::format("assets/app-{:08x}.js", version * 40503), bytes(script)},
      {"assets/logo.svg", bytes(drawing + "'/></svg>")},
      {"empty", {}},
  });
}

}  // namespace latchkey::testing
