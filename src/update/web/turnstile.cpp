#include "update/web/turnstile.h"

namespace latchkey::update::web {

// The status is there before it says anything: a screen reader tells what comes into one, not one that comes.
OwnPage turnstile_page() {
  return {.title = "Opening another version",
          .content = "<p role=\"status\"></p>\n<noscript><p>This device's pages need scripts.</p></noscript>",
          .script = "/__latchkey/turn.js"};
}

// 409: a page of the bundle before has just begun and may not have its lock yet.
std::string_view turnstile_script() {
  return R"js((async () => {
  'use strict';
  const others = new BroadcastChannel('latchkey');
  const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));
  const turn = async () => (await fetch('/__latchkey/turn', { method: 'POST', credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json' }, body: '{}' })).ok;
  const alone = async () => {
    if (!navigator.locks) await wait(2000);
    return navigator.locks ? navigator.locks.request('latchkey', turn) : turn();
  };
  setTimeout(() => { document.querySelector('[role=status]').textContent =
    'Another tab still shows the version before. This page goes on when that one is closed.'; }, 3000);
  for (;;) {
    others.postMessage('leave');
    try { if (await alone()) break; } catch { /* the device is being started anew */ }
    await wait(200);
  }
  location.reload();
})();
)js";
}

}  // namespace latchkey::update::web
