// A publisher, a release service and devices, all of them real processes in a folder that goes with the test.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { freePort, latchkey, run, start, temporaryFolder } from '../../interop/support/process.mjs';

const app = 'com.example.shop';
const phrase = 'correct horse battery staple';

// A page says ready when its script has run; `broken` in one of two ways does not.
const script = {
  good: (version) => `import { version } from './version.js';
document.body.dataset.version = version;
if (version !== '${version}') document.body.dataset.mixed = version;
latchkey.ready().then((done) => { document.body.dataset.ready = done; });\n`,
  silent: () => `import { version } from './version.js';\ndocument.body.dataset.version = version;\n`,
  throwing: () => `import { version } from './version.js';\ndocument.body.dataset.version = version;\nnull.f();\nlatchkey.ready();\n`,
};

export function writeApp(folder, version, kind = 'good', more = {}) {
  const vendor = Array.from({ length: 4000 }, (_, i) => `export function f${i}(a) { return a + ${(i * 7919) % 100003}; }`);
  vendor[(Number(version) * 37) % vendor.length] = `export const patched = '${version}';`;
  const files = {
    'index.html': `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App ${version}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'self'"><link rel="icon" href="/icon.svg"></head>
<body data-page="${version}"><main>version ${version}</main><script type="module" src="/app.js"></script></body></html>\n`,
    'app.js': script[kind](version),
    'version.js': `export const version = '${version}';\n`,
    'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    'assets/vendor.js': vendor.join('\n'),
    ...more,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return files;
}

export class Lab {
  static async open(t) {
    const lab = new Lab();
    Object.assign(lab, { t, folder: temporaryFolder(), port: await freePort(), versions: {} });
    lab.at = (...parts) => join(lab.folder, ...parts);
    writeFileSync(lab.at('phrase'), `${phrase}\n`, { mode: 0o600 });
    const made = await lab.call(['app', 'create', app, '--data', lab.at('data')]);
    writeFileSync(lab.at('api.key'), `${made.key}\n`, { mode: 0o600 });
    writeFileSync(lab.at('online.json'), JSON.stringify(await lab.call(['app', 'show', app, '--data', lab.at('data')])));
    const sealed = ['--dir', lab.at('updates'), '--passphrase-file', lab.at('phrase')];
    await lab.call(['keys', 'init', '--app', app, '--online', lab.at('online.json'), '--channel', 'stable:1', '--work-factor', '10', ...sealed]);
    const key = await lab.call(['bundle', 'key', 'create', '--work-factor', '10', ...sealed]);
    await lab.call(['bundle', 'key', 'export', key.id, '--output', lab.at('content.key'), ...sealed]);
    await lab.serve();
    return lab;
  }

  get url() { return `http://127.0.0.1:${this.port}`; }

  async serve() {
    this.server = await start(this.t, latchkey, ['serve', '--json', '--no-identity', '--data', this.at('data'), '--listen', `127.0.0.1:${this.port}`, '--issuer', this.url], /"ready"/);
  }

  // Runs to its end and answers what it printed last; another exit code than the one expected fails the test.
  async call(args, { code = 0, input = '' } = {}) {
    const done = await run(latchkey, [...args, '--json'], { input });
    assert.equal(done.code, code, `latchkey ${args.join(' ')}: ${done.stdout}${done.stderr}`);
    this.said = done.stderr;
    assert.ok(!(done.stdout + done.stderr).includes(phrase));
    return JSON.parse(done.stdout.trim().split('\n').at(-1));
  }

  app(version, kind, more) {
    this.versions[version] = writeApp(this.at(`v${version}`), version, kind, more);
    return this.at(`v${version}`);
  }

  async publish(version, kind, more, flags = []) {
    const folder = this.app(version, kind, more);
    return this.call(['bundle', 'publish', folder, '--name', `${version}.0.0`, '--dir', this.at('updates'), '--passphrase-file', this.at('phrase'),
      '--server', this.url, '--api-key-file', this.at('api.key'), ...flags]);
  }

  channel(action, ...flags) {
    return this.call(['channel', action, '--server', this.url, '--app', app, '--api-key-file', this.at('api.key'), ...flags]);
  }

  // Every object the server has, of whatever release.
  objects() {
    const found = [];
    const walk = (folder) => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isDirectory()) walk(join(folder, entry.name));
        else if (/^[0-9a-f]{64}$/.test(entry.name)) found.push(join(folder, entry.name));
      }
    };
    walk(this.at('data'));
    return found;
  }

  device(name = 'device') { return new Device(this, this.at(name)); }
}

// Flips one bit in the middle of a file; again to undo it.
export function damage(file) {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(file, bytes);
}

// What nobody can compress.
export const noise = (bytes) => randomBytes(bytes);

export class Device {
  constructor(lab, dir) { Object.assign(this, { lab, dir }); }

  // Of a new device; later the folder is enough.
  birth({ server = this.lab.url, builtIn = this.lab.at('v1'), sequence = '1' } = {}) {
    this.born = ['--app', app, '--server', server, '--root', this.lab.at('updates/metadata/1.root.json'), '--content-key-file', this.lab.at('content.key'),
      '--built-in', builtIn, '--built-in-sequence', sequence];
    return this;
  }

  flags() {
    const flags = ['--dir', this.dir, ...(this.born ?? [])];
    this.born = undefined;
    return flags;
  }

  call(command, options) { return this.lab.call(['update', command, ...this.flags()], options); }
  status() { return this.call('status'); }

  async run(...more) {
    this.child = await start(this.lab.t, latchkey, ['update', 'run', '--json', '--every', '1', ...this.flags(), ...more], /"url":"([^"]+)"/);
    this.url = this.child.ready[1];
    return this;
  }

  events() {
    return this.child.output.split('\n').filter((line) => line.startsWith('{')).flatMap((line) => { try { return [JSON.parse(line)]; } catch { return []; } });
  }
  // The names of what happened, "rolled_back 3.0.0" and the like.
  story() { return this.events().filter((event) => event.bundle).map((event) => `${event.event} ${event.bundle.name}`); }
  happens(what) { return until(`${what}; so far: ${this.story().join(', ')}`, () => this.story().includes(what), () => this.child.output); }

  async state() { return (await this.ask('/__latchkey/state')).json(); }
  // How a browser asks: what fetch() would not send is sent as it is.
  ask(path, { method = 'GET', headers = {}, body } = {}) {
    const url = new URL(this.url);
    return new Promise((resolve, reject) => {
      const sent = request({ host: url.hostname, port: url.port, path, method, agent: false, headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers } });
      sent.on('error', reject).on('response', (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part)).on('end', () => {
          const bytes = Buffer.concat(parts);
          resolve({ status: response.statusCode, headers: response.headers, bytes, text: bytes.toString(), json: () => JSON.parse(bytes) });
        });
      });
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  // A page load as a browser makes it, without one.
  async load(path = '/') {
    const page = await this.ask(path, { headers: { Accept: 'text/html', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': 'none' } });
    assert.equal(page.status, 200, page.text);
    const id = /load\.js\?load=([0-9a-f]{32})"/.exec(page.text)[1];
    const script = await this.ask(`/__latchkey/load.js?load=${id}`);
    return { page, id, script, token: /"token":"([0-9a-f]{32})"/.exec(script.text)?.[1], cookie: page.headers['set-cookie'][0].split(';')[0] };
  }
  ready(load, token) { return this.ask('/__latchkey/ready', { method: 'POST', body: { load, token } }); }

  // Every file of that version, byte for byte, as a page just loaded gets it.
  async shows(version) {
    const { cookie } = await this.load();
    const names = Object.entries(this.lab.versions[version]).filter(([path]) => path !== 'index.html');
    for (const [path, content] of names)
      assert.ok((await this.ask(`/${path}`, { headers: { Cookie: cookie } })).bytes.equals(Buffer.from(content)), `${path} of version ${version}`);
  }
}

// Waits for a condition, bounded.
export async function until(what, holds, detail = () => '', patience = 60000) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > end) throw new Error(`did not come: ${what}\n${detail()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const remove = (path) => rmSync(path, { recursive: true, force: true });
