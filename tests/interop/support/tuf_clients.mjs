// Clients of update repositories: tuf-js, python-tuf, and our own client's rules. Each keeps its state in a folder of its own;
// check() answers the target's contents or throws.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { Updater } from 'tuf-js';
import { here, run } from './process.mjs';

export const lab = process.env.TUF_LAB ?? join(here, '../../build/release/bin/tuf_lab');
const python = process.env.TUF_PYTHON ?? join(here, '../../build/python/bin/python');

export class Stock {
  name = 'tuf-js';
  constructor(folder, root) {
    this.metadata = join(folder, 'tuf-js');
    this.targets = join(folder, 'tuf-js-targets');
    for (const each of [this.metadata, this.targets]) mkdirSync(each);
    copyFileSync(root, join(this.metadata, 'root.json'));
  }
  async check(base, target) {
    const updater = new Updater({
      metadataDir: this.metadata, metadataBaseUrl: `${base}/metadata`, targetDir: this.targets, targetBaseUrl: `${base}/targets`,
      config: { fetchRetries: 0, fetchRetry: 0, fetchTimeout: 10_000 },
    });
    await updater.refresh();
    const info = await updater.getTargetInfo(target);
    if (!info) throw new Error(`nobody signed ${target}`);
    return readFileSync(await updater.downloadTarget(info), 'utf8');
  }
}

class Kept {
  constructor(folder, root) {
    this.state = join(folder, this.name);
    mkdirSync(this.state);
    copyFileSync(root, join(this.state, 'root.json'));
  }
}

export class Ours extends Kept {
  get name() { return 'ours'; }
  async check(base, target) {
    const done = await run(lab, ['check', base, this.state, target]);
    if (done.code !== 0) throw Object.assign(new Error(done.stderr), { code: done.stderr.split(':')[0] });
    return done.stdout.trimEnd();
  }
}

// One interpreter for the whole file: starting it takes longer than all else.
let interpreter;
after(() => interpreter?.child.kill());
function ask(line) {
  if (!interpreter) {
    const child = spawn(python, [join(here, 'support/tuf_client.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
    interpreter = { child, waiting: [] };
    createInterface(child.stdout).on('line', (answer) => interpreter.waiting.shift()(JSON.parse(answer)));
  }
  return new Promise((resolve) => {
    interpreter.waiting.push(resolve);
    interpreter.child.stdin.write(`${line}\n`);
  });
}

class PythonTuf extends Kept {
  get name() { return 'python-tuf'; }
  async check(base, target) {
    const answer = await ask(`${base} ${this.state} ${target}`);
    if (answer.error) throw new Error(answer.error);
    return answer.contents;
  }
}

export const hasPythonTuf = (await run(python, ['-c', 'import tuf.ngclient, cryptography']).catch(() => ({ code: 1 }))).code === 0;

export function everyClient(folder, root) {
  return [new Ours(folder, root), new Stock(folder, root), ...(hasPythonTuf ? [new PythonTuf(folder, root)] : [])];
}
