// kill -9 of a device in the middle of an update: what runs afterwards is a whole bundle, and the update comes all the same.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { latchkey } from '../interop/support/process.mjs';
import { Lab, noise, until } from './support/lab.mjs';

// A proxy that stops in the middle of an object until it is told to go on.
async function slowProxy(t, port) {
  const proxy = { left: 0, isOpen: true, held: 0 };
  const server = createServer((question, answer) => {
    const onward = request({ host: '127.0.0.1', port, path: question.url, method: question.method, headers: { ...question.headers, host: `127.0.0.1:${port}` } }, (response) => {
      answer.writeHead(response.statusCode, response.headers);
      if (proxy.isOpen || !question.url.includes('/objects/')) { response.pipe(answer); return; }
      response.on('data', (part) => { const some = part.subarray(0, proxy.left); proxy.left -= some.length; if (some.length > 0) answer.write(some); if (proxy.left === 0) proxy.held += 1; });
    });
    onward.on('error', () => answer.destroy());
    answer.on('error', () => {});
    question.pipe(onward);
  }).listen(0, '127.0.0.1');
  t.after(() => { server.closeAllConnections(); server.close(); });
  await new Promise((resolve) => server.once('listening', resolve));
  return Object.assign(proxy, { url: `http://127.0.0.1:${server.address().port}` });
}

test('killed in the middle of an update: what runs is a whole bundle, and the update comes all the same', async (t) => {
  const lab = await Lab.open(t);
  const large = (n) => ({ 'assets/photo.bin': noise(1_300_000 + n) });
  await lab.publish('1', 'good', large(2));
  await lab.publish('2', 'good', large(4));
  const proxy = await slowProxy(t, lab.port);
  const device = lab.device().birth({ server: proxy.url });
  for (const bytes of [1, 400_000, 700_000]) { // what came before is kept: the last is behind the first MiB of 1.3 million bytes
    Object.assign(proxy, { isOpen: false, left: bytes, held: 0 });
    await device.run('--ready-within', '600');
    await until('the download hangs', () => proxy.held > 0);
    await device.shows('1');
    await device.child.stop('SIGKILL');
    assert.equal((await device.status()).phase, 'built_in');
  }
  proxy.isOpen = true;
  await device.run('--ready-within', '600');
  await device.happens('staged 2.0.0');
  await device.child.stop('SIGKILL'); // it has switched, or is about to
  await device.run('--ready-within', '600');
  await device.shows('2');
  const { token, id } = await device.load();
  assert.equal((await device.ready(id, token)).status, 204);
  assert.equal((await device.state()).phase, 'confirmed');
});

test('killed before anybody looked is no crash; killed three times with a page shown is', async (t) => {
  const lab = await Lab.open(t);
  await lab.publish('1');
  await lab.publish('2');
  const device = await lab.device().birth().run();
  await device.happens('activated 2.0.0');
  const { token, id } = await device.load();
  assert.equal((await device.ready(id, token)).status, 204);
  await device.child.stop();
  for (let i = 0; i < 4; i += 1) {
    await device.run();
    await device.child.stop('SIGKILL');
  }
  for (let i = 0; i < 3; i += 1) {
    await device.run();
    await device.load();
    await device.child.stop(); // a person ends it
  }
  for (let i = 0; i < 3; i += 1) {
    assert.equal((await device.status()).current?.name, '2.0.0');
    await device.run();
    await device.load();
    await device.child.stop('SIGKILL');
  }
  await device.run();
  await device.happens('rolled_back 2.0.0');
  await device.shows('1');
});

test('killed at any time while installing: every start runs a whole bundle', async (t) => {
  const lab = await Lab.open(t);
  await lab.publish('1', 'good', { 'assets/photo.bin': noise(900_000) });
  await lab.publish('2', 'good', { 'assets/photo.bin': noise(900_002) });
  const device = lab.device().birth();
  await device.call('check');
  for (const files of [1, 2, 4, 6, 8, 10]) { // kill as soon as that many files were made
    const child = spawn(latchkey, ['update', 'apply', '--dir', device.dir], { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const made = () => ['blobs', 'parts', 'bundles'].reduce((sum, name) => { try { return sum + readdirSync(join(device.dir, name)).length; } catch { return sum; } }, 0);
    await until('files are made, or it is over', () => made() >= files || child.exitCode !== null);
    child.kill('SIGKILL');
    await ended;
    const { phase, staged } = await device.status();
    assert.equal(phase, 'built_in');
    if (staged !== null) break;
  }
  await device.run('--ready-within', '600');
  await device.happens('activated 2.0.0');
  await device.shows('2');
});
