// A browser reduced to what a sign-in needs: cookies, redirects followed by hand, and forms found in HTML and submitted.
import { get } from 'node:http';

// A top-level navigation, as a browser makes it. fetch() would announce itself as a script's request, which an app's loopback listener
// turns away.
export function navigate(url) {
  const headers = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' };
  return new Promise((resolve, reject) => {
    get(url, { headers }, (response) => {
      let html = '';
      response.on('data', (chunk) => { html += chunk; });
      response.on('end', () => resolve({ status: response.statusCode, html }));
    }).on('error', reject);
  });
}

export class UserAgent {
  #cookies = new Map(); // "host:port" -> Map(name -> value)

  cookieHeader(url) {
    return [...(this.#cookies.get(new URL(url).host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  // One request, no redirect followed. Remembers cookies.
  async send(url, options = {}) {
    const jar = this.#cookies.get(new URL(url).host) ?? new Map();
    const headers = new Headers(options.headers);
    if (jar.size > 0) headers.set('cookie', this.cookieHeader(url));
    const response = await fetch(url, { ...options, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line) || value === '') jar.delete(name);
      else jar.set(name, value);
    }
    this.#cookies.set(new URL(url).host, jar);
    return response;
  }

  // Follows redirects until a page, or until `stop(location)`; answers {url, response, html} or {url} for the stop.
  async open(url, { stop, ...options } = {}) {
    for (let hops = 0; hops < 12; hops += 1) {
      if (stop?.(url)) return { url };
      const response = await this.send(url, options);
      const location = response.headers.get('location');
      if (!location || response.status < 300 || response.status > 399) return { url, response, html: await response.text() };
      url = new URL(location, url).href;
      options = {}; // a redirect after a form is a GET
    }
    throw new Error(`redirected too often, last to ${url}`);
  }

  // Submits the page's first form with a password field, or else its first form, filled by `fill(field)`: field -> value or undefined.
  async submit(page, fill, { stop } = {}) {
    const form = findForm(page.html);
    const body = new URLSearchParams();
    for (const field of form.fields) body.append(field.name, fill(field) ?? field.value);
    const target = new URL(form.action || page.url, page.url).href;
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(page.url).origin, 'sec-fetch-site': 'same-origin' };
    return this.open(target, { method: 'POST', headers, body: body.toString(), stop });
  }
}

function attributes(tag) {
  const found = {};
  for (const [, name, , value] of tag.matchAll(/([a-z-]+)(=("[^"]*"|[^\s>]*))?/gi)) found[name.toLowerCase()] = unescape(value ?? '');
  return found;
}

function unescape(text) {
  const named = { amp: '&', lt: '<', gt: '>', quot: '"' };
  return text.replace(/^"|"$/g, '').replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, name) => {
    if (name[0] !== '#') return named[name] ?? whole;
    return String.fromCodePoint(name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10));
  });
}

function findForm(html) {
  const forms = [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, head, inner]) => ({
    action: attributes(head).action,
    fields: [...inner.matchAll(/<(input|button)\b([^>]*)>/gi)]
      .map(([, tag, text]) => ({ tag, ...attributes(text) }))
      .filter((field) => field.name)
      .map((field) => ({ name: field.name, type: field.type ?? 'text', value: field.value ?? '', tag: field.tag })),
  }));
  const form = forms.find((one) => one.fields.some((field) => field.type === 'password')) ?? forms[0];
  if (!form) throw new Error(`no form on the page:\n${html.slice(0, 2000)}`);
  const buttons = form.fields.filter((field) => field.tag === 'button' || field.type === 'submit');
  form.fields = form.fields.filter((field) => !buttons.includes(field)).concat(buttons.slice(0, 1)); // as if the first were pressed
  return form;
}
