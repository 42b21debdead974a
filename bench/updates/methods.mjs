// Ways to bring a device from one release to the next: ours, and what others do. Each gives bytes, and times and memory as
// patch_bench counts them for whatever program runs: {bytes, create: {seconds, cpu_seconds, peak_kib}, apply: the same}.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { filesBelow } from './releases.mjs';

const rounds = 3;   // of applying; the best counts
const run = promisify(execFile);
const brotli = promisify(brotliCompress);

export class Methods {
  constructor(programs, work) {
    this.bench = join(programs, 'patch_bench');
    this.latchkeyProgram = join(programs, 'latchkey');
    this.work = work;
    this.folders = 0;
  }

  place(name) { return join(this.work, name); }
  // A folder that was never there. What is made stays until the end of the run: some file systems (ext4 without a journal) are slow to
  // make files for minutes after many were deleted.
  fresh(name) { return this.place(`${name}-${this.folders++}`); }
  copyOf(folder) {
    const copy = this.fresh('base');
    cpSync(folder, copy, { recursive: true });
    return copy;
  }
  json(...args) { return JSON.parse(execFileSync(this.bench, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })); }
  time(...command) { return this.json('run', ...command); }
  best(make) {
    return Array.from({ length: rounds }, make).reduce((a, b) => ({ seconds: Math.min(a.seconds, b.seconds), cpu_seconds: Math.min(a.cpu_seconds, b.cpu_seconds), peak_kib: Math.max(a.peak_kib, b.peak_kib) }));
  }

  tar(folder, name) {
    execFileSync('tar', ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '-cf', this.place(name), '-C', folder, '.']);
  }
  same(a, b) { execFileSync('cmp', [a, b]); }
  // Files only: a folder without any is no part of a release.
  sameTrees(made, target) {
    const paths = filesBelow(target);
    assert.deepEqual(filesBelow(made), paths);
    for (const path of paths) assert.ok(readFileSync(join(made, path)).equals(readFileSync(join(target, path))), `${path} came out otherwise`);
  }

  // What each peer needs for the pair. They make their patches as many at a time as there are cores, for that takes most of a run;
  // what they make is applied alone.
  async peers(base, target) {
    this.tar(base, 'old.tar');
    this.tar(target, 'new.tar');
    const waiting = Object.entries({ full: () => this.make('full'), capgo: () => this.capgo(base, target), bsdiff: () => this.make('bsdiff'),
      zstd: () => this.make('zstd'), xdelta3: () => this.make('xdelta3') });
    const figures = {};
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) figures[next[0]] = await next[1]();
    };
    const failures = (await Promise.allSettled(cpus().map(worker))).filter(({ status }) => status === 'rejected');
    if (failures.length > 0) throw failures[0].reason;
    for (const [peer, figure] of Object.entries(figures)) if (peer !== 'capgo') figure.apply = this.applied(peer);
    return figures;
  }

  // Two commands: one that makes `patch` from two tars, and one that makes the new tar from it.
  commands(peer) {
    const [from, to, patch, made] = ['old.tar', 'new.tar', `${peer}.patch`, `${peer}.tar`].map((name) => this.place(name));
    const window = String(Math.max(statSync(from).size, 1 << 20));
    return {
      full: [['brotli', '-q', '11', '-w', '24', '-f', '-o', patch, to], ['brotli', '-d', '-f', '-o', made, patch]],
      bsdiff: [['bsdiff', from, to, patch], ['bspatch', from, made, patch]],
      xdelta3: [['xdelta3', '-9', '-f', '-e', '-B', window, '-s', from, to, patch], ['xdelta3', '-f', '-d', '-B', window, '-s', from, patch, made]],
      zstd: [['zstd', '-q', '-f', '-19', '--long=30', `--patch-from=${from}`, to, '-o', patch],
        ['zstd', '-q', '-f', '-d', '--long=30', `--patch-from=${from}`, patch, '-o', made]],
    }[peer];
  }
  async make(peer) {
    const [create] = this.commands(peer);
    const { stdout } = await run(this.bench, ['run', ...create]);
    return { bytes: statSync(this.place(`${peer}.patch`)).size, create: JSON.parse(stdout) };
  }
  applied(peer) {
    const [, apply] = this.commands(peer);
    const best = this.best(() => this.time(...apply));
    this.same(this.place(`${peer}.tar`), this.place('new.tar'));
    return best;
  }

  // Each file whose content is not on the device, whole, and a list of all files.
  async capgo(base, target) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
    const compress = async (bytes) => (await brotli(bytes, { params })).length;
    const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
    const known = new Set(filesBelow(base).map((path) => hash(readFileSync(join(base, path)))));
    const manifest = [];
    let bytes = 0;
    for (const path of filesBelow(target)) {
      const content = readFileSync(join(target, path));
      const file_hash = hash(content);
      manifest.push({ file_name: path, file_hash });
      if (known.has(file_hash)) continue;
      known.add(file_hash);
      bytes += await compress(content);
    }
    bytes += await compress(Buffer.from(JSON.stringify(manifest)));
    return { bytes };
  }

  latchkey(base, target) {
    const patch = this.place('patch');
    const create = this.json('encode', base, target, patch);
    const announced = [];
    let made;
    const apply = this.best(() => {
      made = this.fresh('made');
      const one = this.json('apply', base, patch, made);
      announced.push(one.announced_kib);
      return one;
    });
    this.sameTrees(made, target);
    return { bytes: create.bytes, create, apply: { ...apply, announced_kib: announced[0] } };
  }

  // The command a publisher runs, whole: reads the folder, makes the full bundle and the patch from the last release, seals, hashes and
  // signs both, and keeps the bundle for the next time.
  pack(base, target) {
    const home = this.fresh('publisher');
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'phrase'), 'of a benchmark\n');
    const access = ['--dir', join(home, 'updates'), '--passphrase-file', join(home, 'phrase')];
    const latchkey = (...args) => execFileSync(this.latchkeyProgram, [...args, ...access], { stdio: ['ignore', 'ignore', 'inherit'] });
    latchkey('keys', 'init', '--app', 'com.example.bench', '--static', '--channel', 'stable:1', '--work-factor', '10');
    latchkey('bundle', 'key', 'create', '--work-factor', '10');
    latchkey('bundle', 'pack', base, '--name', '1', '--without-index', '--level', '1');
    const figure = this.time(this.latchkeyProgram, 'bundle', 'pack', target, '--name', '2', '--without-index', ...access);
    latchkey('bundle', 'verify');
    return figure;
  }
}
