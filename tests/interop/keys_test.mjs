// `latchkey keys`: an update repository from its first key to its last, before clients that are not ours.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { latchkey, run, temporaryFolder } from './support/process.mjs';
import { serve } from './support/repository_server.mjs';
import { everyClient, Stock } from './support/tuf_clients.mjs';

class Publisher {
  constructor(t) {
    this.folder = temporaryFolder();
    this.updates = join(this.folder, 'updates');
    this.passphrase = join(this.folder, 'passphrase');
    writeFileSync(this.passphrase, 'a passphrase of the test\n', { mode: 0o600 });
    this.descriptor = join(this.folder, 'release.json');
  }
  call(...args) {
    const command = args[0] === 'channel' ? args : ['keys', ...args];
    return run(latchkey, [...command, '--dir', this.updates, '--passphrase-file', this.passphrase, '--json']);
  }
  async json(...args) {
    const done = await this.call(...args);
    assert.equal(done.code, 0, `latchkey ${args.join(' ')}: ${done.stdout}${done.stderr}`);
    return JSON.parse(done.stdout.trim().split('\n').at(-1));
  }
  init(...flags) {
    return this.json('init', '--app', 'org.example.app', '--static', '--work-factor', '8', ...flags);
  }
  async release(contents, channel = 'stable') {
    writeFileSync(this.descriptor, contents);
    await this.json('release', channel, this.descriptor);
    await this.json('snapshot');
    return contents;
  }
}

test('a repository made by latchkey keys serves every client through every change of keys', async (t) => {
  const publisher = new Publisher(t);
  const begun = await publisher.init();
  assert.deepEqual(begun.complete, ['1.root.json', '1.targets.json']);
  await publisher.release('release 1');
  const serving = await serve(t);
  serving.folder = publisher.updates;
  const folder = temporaryFolder();
  const root = join(publisher.updates, 'metadata/1.root.json');
  const clients = everyClient(folder, root);
  const everybodyGets = async (contents, what) => {
    for (const client of clients) assert.equal(await client.check(serving.base, 'stable/release.json'), contents, `${client.name}: ${what}`);
  };
  let current = 'release 1';
  await everybodyGets(current, 'at first');
  for (const [what, ...args] of [
    ['one root key', 'root', '--remove', 'root-1', '--new', 'anna', '--work-factor', '8'],
    ['all root keys and the threshold', 'root', '--remove', 'root-2', '--remove', 'root-3', '--remove', 'anna', '--new', 'berta', '--new', 'carla', '--threshold', '2', '--work-factor', '8'],
    ['the targets keys', 'rotate', 'targets', '--remove', 'targets-1', '--new', 'dora', '--work-factor', '8'],
    ['a channel key', 'rotate', 'ch-stable', '--remove', 'ci', '--new', 'ci-2', '--work-factor', '8'],
    ['the snapshot key', 'rotate', 'snapshot', '--remove', 'snapshot', '--new', 'snapshot-2', '--work-factor', '8'],
    ['the timestamp key', 'rotate', 'timestamp', '--remove', 'timestamp', '--new', 'timestamp-2', '--work-factor', '8'],
    ['nothing but time, targets', 'rotate', 'targets'],
    ['nothing but time, root', 'root', '--days', '700'],
    ['another channel', 'channel', 'create', 'nightly', '--channel-key', 'ci-2', '--without-snapshot'],
  ]) {
    const done = await publisher.json(...args);
    assert.deepEqual(done.waiting ?? done.outcome.waiting, [], what);
    await publisher.json('snapshot');
    await everybodyGets(current, what);
    current = await publisher.release(`after ${what}`);
    await everybodyGets(current, what);
  }
  const shown = await publisher.json('show');
  assert.deepEqual(shown.roles.map(({ name, threshold }) => `${name} ${threshold}`),
    ['root 2', 'targets 2', 'snapshot 1', 'timestamp 1', 'ch-stable 2', 'ch-beta 1', 'ch-nightly 1']);
  assert.deepEqual(shown.waiting, []);
  await publisher.release('a nightly', 'nightly');
  for (const client of clients) assert.equal(await client.check(serving.base, 'nightly/release.json'), 'a nightly', client.name);
});

test('people on several machines sign one root', async (t) => {
  const publisher = new Publisher(t);
  const people = {};
  for (const name of ['anna', 'berta', 'carla']) {
    people[name] = new Publisher(t);
    await people[name].json('new', name, '--work-factor', '8');
  }
  const key = (name) => join(people[name].updates, 'keys', `${name}.key`);
  const begun = await publisher.init(...Object.keys(people).flatMap((name) => ['--root-key', key(name).replace(/key$/, 'pub')]));
  assert.deepEqual(begun.complete, [], 'no root key is here');
  assert.deepEqual(begun.waiting.map((one) => one.thresholds.map(({ signed, needed }) => `${signed}/${needed}`).join()), ['0/2', '2/2']);

  // Each signs a copy that travelled, with nothing else at hand.
  for (const [i, name] of ['anna', 'carla'].entries()) {
    const copy = join(people[name].folder, '1.root.json');
    copyFileSync(join(publisher.updates, 'pending/1.root.json'), copy);
    await people[name].json('threshold', 'sign', copy, '--key', key(name));
    const merged = await publisher.json('threshold', 'merge', copy);
    assert.deepEqual(merged.complete, i === 0 ? [] : ['1.root.json', '1.targets.json']);
  }
  assert.ok(!existsSync(join(publisher.updates, 'pending/1.root.json')));
  await publisher.release('release 1');
  const serving = await serve(t);
  serving.folder = publisher.updates;
  const stock = new Stock(temporaryFolder(), join(publisher.updates, 'metadata/1.root.json'));
  assert.equal(await stock.check(serving.base, 'stable/release.json'), 'release 1');
});

test('a stranger cannot sign, a wrong passphrase opens nothing, and a dry run changes nothing', async (t) => {
  const publisher = new Publisher(t);
  const planned = await publisher.json('init', '--app', 'org.example.app', '--static', '--dry-run');
  assert.ok(planned.dry_run);
  assert.ok(!existsSync(publisher.updates));
  await publisher.init();
  const list = () => readdirSync(publisher.updates, { recursive: true }).sort();
  const before = list();
  await publisher.json('root', '--days', '30', '--dry-run');
  assert.deepEqual(list(), before);

  assert.equal((await publisher.call('init', '--app', 'org.example.app', '--static')).code, 1, 'there is one already');
  writeFileSync(publisher.passphrase, 'another\n');
  assert.equal((await publisher.call('root')).code, 4, 'wrong passphrase');
  writeFileSync(publisher.passphrase, 'a passphrase of the test\n');

  const stranger = new Publisher(t);
  await stranger.json('new', 'mallory', '--work-factor', '8');
  const copy = join(stranger.folder, '2.root.json');
  copyFileSync(join(publisher.updates, 'pending/2.root.json'), copy);
  await stranger.json('threshold', 'sign', copy, '--key', join(stranger.updates, 'keys/mallory.key'));
  const merged = await publisher.json('threshold', 'merge', copy);
  assert.deepEqual(merged.complete, []);
  assert.deepEqual(merged.waiting[0].thresholds.map((one) => one.signed), [0, 0]);
  assert.equal((await publisher.call('root')).code, 1, 'a draft waits');
});

test('the age tool opens a key file, and what is in it is the key', async (t) => {
  const publisher = new Publisher(t);
  await publisher.json('new', 'anna', '--work-factor', '8');
  const sealed = readFileSync(join(publisher.updates, 'keys/anna.key'), 'utf8');
  assert.match(sealed, /^-----BEGIN AGE ENCRYPTED FILE-----/);
  assert.ok(!sealed.includes('PRIVATE KEY'));
  const shown = await publisher.json('show', join(publisher.updates, 'keys/anna.pub'));
  assert.match(shown.id, /^[0-9a-f]{64}$/);
  const opened = await openWithAge(t, join(publisher.updates, 'keys/anna.key'), 'a passphrase of the test');
  if (opened === null) return t.skip('the age tool or script(1) is not installed');
  const key = (await import('node:crypto')).createPrivateKey(opened);
  const jwk = key.export({ format: 'jwk' });
  assert.equal(Buffer.from(jwk.x, 'base64url').toString('hex'), shown.key.keyval.public);
});

// The age tool asks on a terminal only; script(1) makes one.
async function openWithAge(t, file, passphrase) {
  const plain = join(temporaryFolder(), 'plain');
  const done = await run('script', ['-qec', `age -d -o ${plain} ${file}`, '/dev/null'], { input: `${passphrase}\n` }).catch(() => null);
  return done !== null && existsSync(plain) ? readFileSync(plain, 'utf8') : null;
}
