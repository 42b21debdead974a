// ./dev bench updates: patches of real releases beside full Brotli, Capgo's way, bsdiff, xdelta3 and zstd --patch-from, in one run.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Methods } from './methods.mjs';
import { pairs } from './pairs.mjs';
import { filesBelow, release } from './releases.mjs';
import { updatesPage } from './page.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { values: options } = parseArgs({ options: { json: { type: 'string' }, markdown: { type: 'string' }, only: { type: 'string' },
  small: { type: 'boolean' }, ours: { type: 'boolean' }, fetch: { type: 'boolean' }, releases: { type: 'string' }, work: { type: 'string' }, help: { type: 'boolean' } } });
if (options.help) {
  console.log('./dev bench updates [--small] [--ours] [--only REGEXP] [--releases FOLDER] [--work FOLDER] [--fetch] [--json FILE] [--markdown FILE]\n' +
    'Fetches pairs of releases with `npm pack` into build/releases (or FOLDER); files are made below build/bench-updates (or --work); --small: seven pairs in a minute; --ours: without the peers;\n' +
    '--fetch: nothing but that. A pair that fails is told at the end, and then the exit code is 1.');
  process.exit(0);
}

const cache = options.releases ?? join(root, 'build/releases');
const work = options.work ?? join(root, 'build/bench-updates');
mkdirSync(cache, { recursive: true });
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
const fileSystem = execFileSync('stat', ['-f', '-c', '%T', work], { encoding: 'utf8' }).trim();
const methods = new Methods(join(root, 'build/release/bin'), work);

async function measure({ name, folder, from, to, kind, isPacked }) {
  const [released, target] = [from, to].map((version) => release(cache, name, folder, version));
  const base = methods.copyOf(released);   // on the file system where files are made: unchanged ones are linked
  const files = filesBelow(target);
  const figure = { name: `${name} ${from} -> ${to}`, kind, files: files.length, bytes: files.reduce((sum, path) => sum + statSync(join(target, path)).size, 0), methods: {} };
  figure.methods.latchkey = methods.latchkey(base, target);
  if (isPacked) figure.pack = methods.pack(base, target);
  if (!options.ours) Object.assign(figure.methods, await methods.peers(base, target));
  return figure;
}

const packages = ['brotli', 'bsdiff', 'xdelta3', 'zstd'];
const versionOf = (name) => execFileSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' });
const commit = () => execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const machine = () => ({ cpu: cpus()[0].model, cores: cpus().length, load: readFileSync('/proc/loadavg', 'utf8').split(' ')[0], commit: commit(), fileSystem,
  command: ['./dev bench updates', ...process.argv.slice(2).filter((one, i, all) => !/^--(json|markdown|releases|work)/.test(one) && !/^--(json|markdown|releases|work)$/.test(all[i - 1] ?? ''))].join(' '),
  minutes: (performance.now() / 60000).toFixed(1),
  peers: options.ours ? [] : [...packages.map((name) => `${name} ${versionOf(name)}`), `Node's Brotli ${process.versions.brotli} for Capgo's way`] });

// After every pair, so that a run that is stopped keeps what it measured.
function save(figures) {
  if (options.markdown) writeFileSync(options.markdown, updatesPage(figures, machine()));
  if (options.json) writeFileSync(options.json, figures.map((figure) => JSON.stringify(figure)).join('\n') + '\n');
}

const label = ({ name, from, to }) => `${name} ${from} -> ${to}`;

function tell(figure) {
  const ours = figure.methods.latchkey;
  console.error(`  ${ours.bytes} B  create ${ours.create.seconds.toFixed(2)} s (${ours.create.cpu_seconds.toFixed(2)} of a processor)  ` +
    `apply ${ours.apply.seconds.toFixed(3)} s (${ours.apply.cpu_seconds.toFixed(3)})  ${Math.round(ours.apply.peak_kib / 1024)} MiB  ` +
    (figure.pack ? `bundle pack ${figure.pack.seconds.toFixed(2)} s (${figure.pack.cpu_seconds.toFixed(2)})  ` : '') +
    Object.entries(figure.methods).filter(([peer]) => peer !== 'latchkey').map(([peer, one]) => `${peer} ${one.bytes}`).join('  '));
}

const chosen = pairs.filter((one) => (!options.small || one.small) && (!options.only || new RegExp(options.only).test(`${one.name} ${one.to}`)));
const figures = [];
const failures = [];
for (const [index, pair] of chosen.entries()) {
  console.error(`[${index + 1}/${chosen.length}] ${label(pair)} (${pair.kind})`);
  try {
    if (options.fetch) {
      for (const version of [pair.from, pair.to]) release(cache, pair.name, pair.folder, version);
      continue;
    }
    const figure = await measure(pair);
    figures.push(figure);
    save(figures);
    tell(figure);
  } catch (error) {
    failures.push(`${label(pair)}: ${error.message.split('\n')[0]}`);
    console.error(`  failed: ${failures.at(-1)}`);
  }
}
rmSync(work, { recursive: true, force: true });
if (!options.fetch) console.log(updatesPage(figures, machine()));
console.error(`${chosen.length - failures.length} of ${chosen.length} pairs ${options.fetch ? 'are there' : 'measured'}.${failures.map((one) => `\nfailed: ${one}`).join('')}`);
process.exitCode = failures.length === 0 ? 0 : 1;
