#include "update/web/page_script.h"

#include <algorithm>

namespace latchkey::update::web {
namespace {

// Kept from the page: what it may redefine later is taken before it runs.
constexpr std::string_view script = R"js(
  if (window.latchkey) return;
  const { load, token } = facts, call = window.fetch.bind(window), again = window.location.reload.bind(window.location);
  const post = (what, body) => call('/__latchkey/' + what, { method: 'POST', keepalive: true, credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ load, ...body }) });
  const get = async (what) => (await call('/__latchkey/' + what, { cache: 'no-store', credentials: 'same-origin' })).json();
  const listeners = new Set();
  let seen = facts.events, leaving = false;
  const reload = () => { if (!leaving) { leaving = true; again(); } };

  window.latchkey = Object.freeze({
    bundle: Object.freeze(facts.bundle),
    ready: async () => (await post('ready', { token })).ok,
    state: () => get('state'),
    check: async () => (await post('check', {})).ok,
    apply: async () => (await post('apply', {})).ok,
    listen: (listener) => { listeners.add(listener); return () => listeners.delete(listener); },
  });

  const tell = (event) => { for (const listener of listeners) { try { listener(event); } catch (error) { console.error(error); } } };
  const look = async () => {
    try {
      const answer = await get('events?load=' + load + '&after=' + seen);
      seen = answer.last;
      answer.events.forEach(tell);
      if (answer.reload) return reload();
    } catch { /* the device is being started anew: ask again */ }
    setTimeout(look, 400);
  };
  const say = () => post('visibility', { hidden: document.visibilityState === 'hidden' }).catch(() => {});
  document.addEventListener('visibilitychange', say);
  window.addEventListener('pagehide', () => { if (!leaving) post('visibility', { hidden: true }).catch(() => {}); });
  window.addEventListener('pageshow', (event) => { if (event.persisted) look(); });

  // One web view shows one bundle. A browser may have two pages open: the one that was loaded last stays.
  // The lock says that this page lives: no page of another bundle begins before it goes.
  navigator.locks?.request('latchkey', { mode: 'shared' }, () => new Promise(() => {})).catch(() => {});
  const others = new BroadcastChannel('latchkey');
  const judge = async () => { if ((await get('events?load=' + load + '&after=' + seen)).reload) reload(); };
  others.onmessage = ({ data }) => {
    if (data === 'leave') judge().catch(() => {});
    else if (data !== facts.bundle.root) reload();
  };
  others.postMessage(facts.bundle.root);
  if (document.visibilityState === 'hidden') say();
  setTimeout(look, 400);
)js";

bool starts_with_word(std::string_view html, std::string_view word) {
  if (html.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = html[i] >= 'A' && html[i] <= 'Z' ? static_cast<char>(html[i] - 'A' + 'a') : html[i];
    if (c != word[i]) return false;
  }
  const char next = html.size() > word.size() ? html[word.size()] : '>';
  return word.back() == '-' || next == '>' || next == '/' || next == ' ' || next == '\t' || next == '\n' ||
         next == '\r' || next == '\f';
}

// Behind the '>' that ends a tag; quotes hide others (HTML, section 13.2.5). npos: it does not end.
std::size_t end_of_tag(std::string_view html) {
  char quote = 0;
  for (std::size_t i = 0; i < html.size(); ++i) {
    if (quote != 0) {
      if (html[i] == quote) quote = 0;
    } else if (html[i] == '"' || html[i] == '\'') {
      quote = html[i];
    } else if (html[i] == '>') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// What may stand before the head's contents; 0 when something else begins.
std::size_t size_of_prelude(std::string_view html, bool& is_head) {
  if (html.starts_with("\xef\xbb\xbf")) return 3;
  const std::size_t spaces = std::min(html.find_first_not_of(" \t\n\r\f"), html.size());
  if (spaces > 0) return spaces;
  if (html.starts_with("<!--")) {
    const std::size_t end = html.find("-->", 4);
    return end == std::string_view::npos ? 0 : end + 3;
  }
  is_head = starts_with_word(html, "<head");
  if (!is_head && !starts_with_word(html, "<html") && !starts_with_word(html, "<!doctype")) return 0;
  const std::size_t end = end_of_tag(html);
  return end == std::string_view::npos ? 0 : end;
}

}  // namespace

std::size_t place_of_script(std::string_view html) {
  std::size_t place = 0;
  for (bool is_head = false; !is_head;) {
    const std::size_t size = size_of_prelude(html.substr(place), is_head);
    if (size == 0) break;
    place += size;
  }
  return place;
}

std::string print_page_script(std::string_view facts) {
  std::string out = "((facts) => {\n  'use strict';";
  out.append(script).append("})(").append(facts).append(");\n");
  return out;
}

}  // namespace latchkey::update::web
