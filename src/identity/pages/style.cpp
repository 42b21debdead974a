#include "identity/pages/style.h"

namespace latchkey::identity {

// Contrast: text 7:1 and more, controls 3:1 and more, in both schemes. Sizes are relative, so zoom and larger text
// work.
std::string_view style_sheet() {
  return R"css(:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #ffffff; --text: #1b1f24; --quiet: #47505c; --line: #6b7480;
  --accent: #1a4fa3; --accent-text: #ffffff; --bad: #9b1c1c; --bad-page: #fdecec; --focus: #b35c00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1e2329; --text: #eceff3; --quiet: #b9c2cc; --line: #8a949f;
    --accent: #9cc2ff; --accent-text: #0d1a2e; --bad: #ffb4b4; --bad-page: #3b1d1f; --focus: #ffb454;
  }
}
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, sans-serif; background: var(--page); color: var(--text); }
body { margin: 0; padding: 1rem; }
header, main { max-width: 30rem; margin: 0 auto; }
.brand { font-weight: 700; font-size: 1.125rem; margin: 1rem 0; }
main { background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; padding: 1.25rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.125rem; margin: 1.5rem 0 0.5rem; }
a { color: var(--accent); }
p, li, dd { overflow-wrap: anywhere; }
.field { margin: 0 0 1rem; }
label { display: block; font-weight: 600; }
.hint { margin: 0 0 0.25rem; color: var(--quiet); }
.error { margin: 0 0 0.25rem; color: var(--bad); font-weight: 600; }
input:not([type="hidden"]) {
  width: 100%; min-height: 2.75rem; padding: 0.5rem; font: inherit; color: inherit; background: var(--card);
  border: 2px solid var(--line); border-radius: 0.25rem;
}
input[aria-invalid="true"] { border-color: var(--bad); }
button {
  min-height: 2.75rem; padding: 0.5rem 1rem; font: inherit; font-weight: 600; cursor: pointer; border-radius: 0.25rem;
  border: 2px solid var(--accent); background: var(--accent); color: var(--accent-text);
}
button.quiet { background: transparent; color: var(--accent); }
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1rem; }
.errors { border: 2px solid var(--bad); background: var(--bad-page); border-radius: 0.25rem; padding: 0.75rem 1rem; margin: 0 0 1rem; }
.errors h2 { margin: 0; }
.errors ul { margin: 0.25rem 0 0; padding-left: 1.25rem; }
.errors a { color: var(--bad); }
.sessions { list-style: none; margin: 0; padding: 0; }
.sessions li { border-top: 1px solid var(--line); padding: 0.75rem 0; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { position: static; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: no-preference) { button, input { transition: border-color 120ms, background-color 120ms; } }
@media (forced-colors: active) { button, main, .errors { border-color: ButtonText; } }
)css";
}

}  // namespace latchkey::identity
