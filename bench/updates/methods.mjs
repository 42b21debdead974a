// Ways to bring a device from one release to the next: ours, and what others do. Each gives bytes, and times and memory as
// patch_bench counts them for whatever program runs: {bytes, create: {seconds, peak_kib}, apply: {seconds, peak_kib}}.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { filesBelow } from './releases.mjs';

const rounds = 3;   // of applying; the best counts

export class Methods {
  constructor(bench, work) { this.bench = bench; this.work = work; }

  place(name) { return join(this.work, name); }
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

  // One that makes `patch` from two tars and the new tar from it.
  byTar(create, apply) {
    for (const name of ['patch', 'made.tar']) rmSync(this.place(name), { force: true });
    const created = this.time(...create);
    const applied = this.best(() => { rmSync(this.place('made.tar'), { force: true }); return this.time(...apply); });
    this.same(this.place('made.tar'), this.place('new.tar'));
    return { bytes: statSync(this.place('patch')).size, create: created, apply: applied };
  }

  full() {
    const [to, patch, made] = ['new.tar', 'patch', 'made.tar'].map((name) => this.place(name));
    return this.byTar(['brotli', '-q', '11', '-w', '24', '-o', patch, to], ['brotli', '-d', '-o', made, patch]);
  }
  bsdiff() {
    const [from, to, patch, made] = ['old.tar', 'new.tar', 'patch', 'made.tar'].map((name) => this.place(name));
    return this.byTar(['bsdiff', from, to, patch], ['bspatch', from, made, patch]);
  }
  xdelta3() {
    const [from, to, patch, made] = ['old.tar', 'new.tar', 'patch', 'made.tar'].map((name) => this.place(name));
    const window = String(Math.max(statSync(from).size, 1 << 20));
    return this.byTar(['xdelta3', '-9', '-e', '-B', window, '-s', from, to, patch], ['xdelta3', '-d', '-B', window, '-s', from, patch, made]);
  }
  zstd() {
    const [from, to, patch, made] = ['old.tar', 'new.tar', 'patch', 'made.tar'].map((name) => this.place(name));
    return this.byTar(['zstd', '-q', '-19', '--long=30', `--patch-from=${from}`, to, '-o', patch], ['zstd', '-q', '-d', '--long=30', `--patch-from=${from}`, patch, '-o', made]);
  }

  // Each file whose content is not on the device, whole, and a list of all files.
  capgo(base, target) {
    const compress = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 } }).length;
    const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
    const started = performance.now();
    const known = new Set(filesBelow(base).map((path) => hash(readFileSync(join(base, path)))));
    const manifest = [];
    let bytes = 0;
    for (const path of filesBelow(target)) {
      const content = readFileSync(join(target, path));
      const file_hash = hash(content);
      manifest.push({ file_name: path, file_hash });
      if (known.has(file_hash)) continue;
      known.add(file_hash);
      bytes += compress(content);
    }
    bytes += compress(Buffer.from(JSON.stringify(manifest)));
    return { bytes, create: { seconds: (performance.now() - started) / 1000 } };
  }

  latchkey(base, target) {
    const patch = this.place('patch');
    const made = this.place('made');
    const create = this.json('encode', base, target, patch);
    const announced = [];
    const apply = this.best(() => {
      rmSync(made, { recursive: true, force: true });
      const one = this.json('apply', base, patch, made);
      announced.push(one.announced_kib);
      return one;
    });
    this.sameTrees(made, target);
    rmSync(made, { recursive: true, force: true });
    return { bytes: create.bytes, create, apply: { ...apply, announced_kib: announced[0] } };
  }
}
