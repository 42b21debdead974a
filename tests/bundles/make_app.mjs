// make_app FOLDER VERSION: a small web app as a bundler would write it, minified, with hashes in its file names. A version
// differs from the one before by a few lines, and so in the names of two files and whatever mentions them.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, version] = [process.argv[2], Number(process.argv[3])];
const hash = (text) => createHash('sha256').update(text).digest('base64url').slice(0, 8);

// The same pseudo-random module text every time.
let state = 1;
const random = (below) => (state = (state * 48271) % 2147483647) % below;
const word = () => Array.from({ length: 4 + random(8) }, () => 'abcdefghijklmnopqrstuvwxyz'[random(26)]).join('');
const chunk = (lines) => Array.from({ length: lines }, () => `function ${word()}(a,b){let c=a.${word()}(b)+${random(1e6)};return c?"${word()} ${word()}":${word()}(c)}`);

const vendor = chunk(3000).join(';\n');
const app = chunk(800);
for (let v = 2; v <= version; v++) app[(v * 37) % 800] = `function patched${v}(a){return "the-plaintext-canary ${v}".concat(a)}`;
app.push('"the-plaintext-canary"');

const files = { 'assets/logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>', 'assets/empty.txt': '' };
const name = (stem, text) => { const path = `assets/${stem}-${hash(text)}.js`; files[path] = text; return path; };
const vendorPath = name('vendor', vendor);
const appPath = name('app', `import"./${vendorPath.slice(7)}";\n${app.join(';\n')}`);
files['index.html'] = `<!doctype html><title>App ${version}</title><script type=module src="/${appPath}"></script>`;
for (const [path, text] of Object.entries(files)) {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}
