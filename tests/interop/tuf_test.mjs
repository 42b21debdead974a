// Update repositories before clients that are not ours (tuf-js, python-tuf) and before our own client's rules: what all of them
// take, through every change of keys, and what all of them refuse.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { run, temporaryFolder } from './support/process.mjs';
import { serve } from './support/repository_server.mjs';
import { everyClient, hasPythonTuf, lab, Ours, Stock } from './support/tuf_clients.mjs';

// --- repositories good and hostile ---

const folders = {};
before(async (t) => {
  folders.lab = temporaryFolder();
  const made = await run(lab, ['make', folders.lab]);
  assert.equal(made.code, 0, made.stderr);
});

async function expectStep(client, serving, target, step, isOurs) {
  const where = `${client.name}, ${step.files}`;
  if (step.accepted) {
    assert.equal(await client.check(serving.base, target), step.expected, where);
  } else {
    await assert.rejects(client.check(serving.base, target), isOurs ? { code: step.expected } : Error, where);
  }
}

const names = [
  'root-keys-change', 'online-keys-change', 'fast-forward-recovery', 'targets-keys-change', 'channel-keys-change', 'forbidden-next-root',
  'replayed-timestamp', 'mixed-snapshot', 'role-rolled-back', 'role-dropped', 'expired-timestamp', 'expired-snapshot', 'expired-channel',
  'expired-root', 'changed-target', 'endless-target', 'endless-timestamp', 'one-signature-of-two', 'online-keys-sign-a-release',
  'strangers-sign', 'one-key-signs-twice', 'root-skips-a-version', 'root-under-old-threshold', 'root-under-new-threshold',
  'page-for-the-next-root', 'failure-for-the-next-root', 'raw-p256-signature', 'other-paths', 'future-specification',
  'fractions-of-seconds', 'key-under-another-id',
];
describe('repositories', { concurrency: 4 }, () => {
  for (const name of names) {
    test(`every client judges alike: ${name}`, async (t) => {
      const scenario = JSON.parse(readFileSync(join(folders.lab, 'scenarios.json'))).find((one) => one.name === name);
      const serving = await serve(t);
      const root = join(folders.lab, scenario.steps[0].files, 'metadata/1.root.json');
      const folder = temporaryFolder();
      const clients = everyClient(folder, root);
      for (const step of scenario.steps) {
        serving.folder = join(folders.lab, step.files);
        serving.next = step.server;
        for (const client of clients)
          if (step.stock_agrees || client.name === 'ours') await expectStep(client, serving, scenario.target, step, client.name === 'ours');
      }
    });
  }
});

test('no scenario is left out', () => {
  const written = JSON.parse(readFileSync(join(folders.lab, 'scenarios.json'))).map((one) => one.name);
  assert.deepEqual([...written].sort(), [...names].sort());
});

test('a check without news asks for two files', async (t) => {
  const serving = await serve(t);
  const folder = temporaryFolder();
  serving.folder = join(folders.lab, 'replayed-timestamp/0');
  for (const client of [Ours, Stock].map((Client) => new Client(folder, join(serving.folder, 'metadata/1.root.json')))) {
    await client.check(serving.base, 'stable/release.json');
    serving.requests.length = 0;
    await client.check(serving.base, 'stable/release.json');
    assert.deepEqual(serving.requests.slice(0, 2), ['/metadata/2.root.json', '/metadata/timestamp.json'], client.name);
    assert.ok(serving.requests.slice(2).every((path) => path.startsWith('/targets/')), client.name);
  }
});

test('all three clients were asked', { skip: hasPythonTuf ? false : 'python-tuf is not installed; ./dev setup does it' }, (t) => {
  const root = join(folders.lab, 'replayed-timestamp/0/metadata/1.root.json');
  assert.deepEqual(everyClient(temporaryFolder(), root).map((client) => client.name), ['ours', 'tuf-js', 'python-tuf']);
});
