// Devices against a service that is away, alters bytes, halts releases; asked by strangers.
import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { damage, Lab, remove, until } from './support/lab.mjs';

async function published(t, ...kinds) {
  const lab = await Lab.open(t);
  for (const [i, kind] of kinds.entries()) await lab.publish(String(i + 1), kind);
  return lab;
}

test('check, apply, status: what would happen, and then it does', async (t) => {
  const lab = await published(t, 'good');
  const device = lab.device().birth();
  assert.deepEqual(await lab.call(['update', 'status', '--dir', device.dir]), { device: false });
  assert.equal((await device.call('check')).outcome, 'up_to_date', 'the bundle inside the app is the release');
  await lab.publish('2');
  const found = await device.call('check');
  assert.deepEqual([found.outcome, found.name, found.objects], ['available', '2.0.0', 1]);
  assert.ok(found.download * 4 < found.full, 'a patch');
  const done = await device.call('apply');
  assert.deepEqual([done.installed, done.downloaded, done.steps_down], [true, found.download, 0]);
  assert.equal((await device.call('check')).outcome, 'waiting');
  assert.equal((await device.call('apply')).outcome, 'waiting');
  const before = await device.status();
  assert.deepEqual([before.phase, before.current, before.staged.name, before.last_check.check.outcome], ['built_in', null, '2.0.0', 'waiting']);
  await device.run('--mode', 'next-restart');
  await device.happens('activated 2.0.0');
  await device.shows('2');
  const load = await device.load();
  assert.equal((await device.ready(load.id, load.token)).status, 204);
  await device.child.stop();
  assert.equal(device.child.exitCode, 0);
  const after = await device.status();
  assert.deepEqual([after.phase, after.current.name, after.staged, after.tries], ['confirmed', '2.0.0', null, 0]);
  assert.equal((await device.call('check')).outcome, 'up_to_date');
});

test('flags: what a device wants, what it remembers, what it refuses', async (t) => {
  const lab = await published(t, 'good');
  const dir = lab.at('a');
  await lab.call(['update', 'check', '--dir', dir], { code: 2 });
  await lab.call(['update', 'status'], { code: 2 });
  const device = lab.device('a').birth();
  await device.call('check');
  await lab.call(['update', 'check', '--dir', dir, '--app', 'com.example.other'], { code: 1 });
  const recipient = (...flags) => ['update', 'recipient', '--dir', dir, ...flags];
  assert.equal((await lab.call(recipient('--app', 'com.example.other'), { code: 1 })).error, 'conflict');
  await lab.call(['update', 'check', '--dir', dir, '--native', '1.2-beta'], { code: 1 });
  await lab.call(['update', 'check', '--dir', dir, '--native', '1.2']);
  assert.equal((await device.status()).native, '1.2');
  await lab.call(['update', 'run', '--dir', dir, '--mode', 'sometimes'], { code: 2 });
  const stranger = lab.device('b').birth();
  stranger.born[stranger.born.indexOf('--app') + 1] = 'com.example.other';
  assert.equal((await stranger.call('check', { code: 1 })).error, 'not_found');
  assert.equal((await lab.call(['update', 'check', '--dir', dir, '--channel', 'nightly'])).outcome, 'not_eligible');
  assert.equal((await lab.call(['update', 'check', '--dir', dir, '--channel', 'stable'])).outcome, 'up_to_date');
  const settings = join(dir, 'settings.json');
  writeFileSync(settings, readFileSync(settings, 'utf8').slice(1));
  const damaged = readFileSync(settings, 'utf8');
  for (const flags of [[], ['--app', 'com.example.shop', '--vault', lab.at('no.vault')]])
    assert.equal((await lab.call(recipient(...flags), { code: 1 })).error, 'invalid_format');
  assert.equal(readFileSync(settings, 'utf8'), damaged);
  assert.ok(!existsSync(join(dir, 'recipient')));
});

test('a release for two devices alone, and when they switch to it', async (t) => {
  const lab = await published(t, 'good');
  const devices = ['a', 'b', 'c'].map((name) => lab.device(name).birth());
  for (const device of devices.slice(0, 2)) device.born.splice(device.born.indexOf('--content-key-file'), 2); // theirs is no other key
  const keys = [];
  for (const { dir } of devices) keys.push((await lab.call(['update', 'recipient', '--dir', dir])).recipient);
  assert.equal((await lab.call(['update', 'recipient', '--dir', devices[0].dir])).recipient, keys[0], 'it is made once');
  assert.match(keys[0], /^age1[0-9a-z]{58}$/);
  assert.equal(statSync(join(devices[0].dir, 'recipient')).mode & 0o777, 0o600);
  await lab.publish('2', 'good', {}, ['--recipient', keys[0], '--recipient', keys[1], '--only-recipients']);
  const [a, b, c] = devices;
  const refused = await c.call('apply', { code: 1 });
  assert.deepEqual([refused.error, refused.detail], ['key_missing', 'the release is encrypted for other keys']);
  assert.deepEqual([(await c.status()).phase, (await c.status()).staged], ['built_in', null]);
  assert.equal((await b.call('apply')).installed, true);

  await lab.call(['update', 'apply', ...a.flags(), '--until', 'sometime'], { code: 2 });
  a.birth().born.splice(a.born.indexOf('--content-key-file'), 2);
  assert.equal((await lab.call(['update', 'delay', '--dir', a.dir])).staged, null);
  await lab.call(['update', 'apply', ...a.flags(), '--until', 'kill', '--until', 'date:2999-01-01T00:00:00Z']);
  const waits = { kill: { kind: 'kill' }, date: { kind: 'date', at: '2999-01-01T00:00:00Z' }, native: { kind: 'native_version', native: '2.3.0' } };
  assert.deepEqual((await a.status()).conditions, [waits.kill, waits.date]);
  await a.run('--mode', 'next-restart');
  await a.shows('1');
  assert.equal((await lab.call(['update', 'delay', '--dir', a.dir, '--until', 'kill'], { code: 5 })).error, 'busy');
  assert.deepEqual((await lab.call(['update', 'delay', '--dir', a.dir])).conditions, [waits.kill, waits.date], 'looking is no changing');
  await a.child.stop();
  const changed = await lab.call(['update', 'delay', '--dir', a.dir, '--until', 'native:2.3']);
  assert.deepEqual([changed.staged.name, changed.conditions], ['2.0.0', [waits.native]]);
  assert.deepEqual((await lab.call(['update', 'delay', '--dir', a.dir, '--cancel'])).conditions, []);
  await a.run('--mode', 'next-restart');
  await a.happens('activated 2.0.0');
  await a.shows('2');
  await a.child.stop();
  assert.equal((await lab.call(['update', 'delay', '--dir', a.dir, '--cancel'], { code: 1 })).error, 'not_found', 'nothing waits any more');
});

test('an old page cannot vouch for a new bundle, and goes on with its own files', async (t) => {
  const lab = await published(t, 'good', 'silent');
  const device = await lab.device().birth().run('--mode', 'manual', '--ready-within', '600');
  const old = await device.load();
  assert.equal(old.script.status, 200);
  const again = await device.ask(`/__latchkey/load.js?load=${old.id}`);
  assert.ok(old.token && !again.text.includes('"token"'), 'the token is handed out once');
  assert.equal((await device.ask('/__latchkey/check', { method: 'POST', body: {} })).status, 202);
  await until('2 is available', async () => (await device.state()).check?.outcome === 'available');
  await device.ask('/__latchkey/apply', { method: 'POST', body: {} });
  await device.happens('activated 2.0.0');

  assert.equal((await device.ready(old.id, old.token)).status, 409, 'before the new page is loaded');
  const fresh = await device.load();
  assert.equal((await device.ready(old.id, old.token)).status, 409, 'and after');
  assert.equal((await device.state()).phase, 'trial');
  assert.equal((await device.ask('/version.js', { headers: { Cookie: old.cookie } })).text, lab.versions['1']['version.js']);
  assert.equal((await device.ask('/version.js', { headers: { Cookie: fresh.cookie } })).text, lab.versions['2']['version.js']);
  assert.equal((await device.ask(`/__latchkey/events?load=${old.id}&after=0`)).json().reload, true);
  assert.equal((await device.ask(`/__latchkey/events?load=${fresh.id}&after=0`)).json().reload, false);
  assert.equal((await device.ask('/version.js', { headers: { Cookie: fresh.cookie.replace(/=.*/, `=${'0'.repeat(32)}`) } })).status, 409, 'a page of an earlier run');

  await device.load(); // another tab, which may be closed before it says anything
  assert.equal((await device.ready(fresh.id, 'f'.repeat(32))).status, 409);
  assert.equal((await device.ready(fresh.id, fresh.token)).status, 204);
  await device.happens('ready 2.0.0');
});

test('altered objects never run; the same device is updated once they are whole again', async (t) => {
  const lab = await published(t, 'good', 'good');
  const device = lab.device().birth();
  const objects = lab.objects();
  for (const object of objects) damage(object);
  const failed = await device.call('apply', { code: 1 });
  assert.equal(failed.error, 'authentication_failed');
  await device.run('--ready-within', '600');
  await until('it was tried', async () => (await device.state()).error === 'authentication_failed');
  await device.shows('1');
  const state = await device.state();
  assert.deepEqual([state.phase, state.staged, state.blocked], ['built_in', null, []], 'whoever alters bytes on the way cannot have a release blocked');
  for (const object of objects) damage(object);
  await device.child.stop();
  await device.run('--ready-within', '600');
  await device.happens('activated 2.0.0');
  await device.shows('2');
});

test('while the server is away the app runs, and says so', async (t) => {
  const lab = await published(t, 'good', 'good');
  const device = lab.device().birth();
  await device.call('apply');
  await lab.server.stop();
  assert.equal((await device.call('check', { code: 5 })).error, 'network_unreachable');
  await device.run();
  await device.happens('activated 2.0.0');
  const load = await device.load();
  assert.equal((await device.ready(load.id, load.token)).status, 204);
  await until('a check came to nothing', async () => (await device.state()).check?.outcome === 'no_answer');
  await device.shows('2');
  await until('and that is noted', async () => (await device.status()).last_check.check.error === 'network_unreachable');
});

test('a halted release is not installed, and one that waits is withdrawn', async (t) => {
  const lab = await published(t, 'good', 'good');
  const waiting = lab.device('waiting').birth();
  await waiting.call('apply');
  await lab.channel('halt', 'stable', '--reason', 'a test');
  const device = lab.device().birth();
  const found = await device.call('check');
  assert.deepEqual([found.outcome, found.verdict], ['not_eligible', 'halted']);
  assert.equal((await device.call('apply')).outcome, 'not_eligible');
  assert.equal((await device.status()).staged, null);
  assert.equal((await waiting.call('check')).verdict, 'halted');
  assert.equal((await waiting.status()).staged, null);
  await waiting.run();
  await waiting.shows('1');
});

test('a paused release is not switched to, though it waits; the page may not either', async (t) => {
  const lab = await published(t, 'good', 'good');
  const device = lab.device().birth();
  await device.call('apply');
  await lab.channel('pause', 'stable');
  assert.equal((await device.call('check')).verdict, 'paused');
  assert.deepEqual([(await device.status()).staged.name, (await device.status()).held], ['2.0.0', true]);
  await device.run();
  await device.shows('1');
  await device.ask('/__latchkey/apply', { method: 'POST', body: {} });
  await until('it is refused', async () => (await device.state()).error === 'temporarily_unavailable');
  await device.shows('1');
  await lab.channel('resume', 'stable');
  await device.happens('activated 2.0.0');
  await device.shows('2');
});

test('with a vault: a folder that was put back is told on, and learns again what it knew', async (t) => {
  const lab = await published(t, 'good');
  const vault = ['--vault', lab.at('app.vault'), '--secrets-from-stdin'], input = `${'a passcode of this test'}\n`;
  const device = lab.device().birth();
  const call = (command, more = {}) => lab.call(['update', command, ...device.flags(), ...vault], { input, ...more });
  assert.equal((await call('check', { code: 1 })).error, 'not_found', 'there is no such vault yet');
  const recipient = (name) => ['update', 'recipient', '--dir', lab.at(name), '--app', 'com.example.shop', ...vault];
  assert.equal((await lab.call(recipient('new'), { code: 1, input })).error, 'not_found');
  assert.ok(!existsSync(lab.at('new')), 'nothing is remembered of a vault that could not be opened');
  await lab.call(['vault', 'create', '--file', lab.at('app.vault'), '--secrets-from-stdin'], { input });
  await call('check');
  cpSync(device.dir, lab.at('before'), { recursive: true });
  await lab.publish('2');
  assert.equal((await call('apply')).installed, true);
  assert.doesNotMatch(lab.said, /put back/);
  const known = (await device.status()).versions.timestamp;

  remove(device.dir);
  renameSync(lab.at('before'), device.dir);
  assert.ok((await device.status()).versions.timestamp < known);
  await lab.server.stop();
  await call('check', { code: 5 });
  assert.match(lab.said, /knows less than the vault: it was put back or deleted/);
  assert.equal((await device.status()).versions.timestamp, known, 'though nobody answered');
  await lab.serve();
  assert.equal((await call('check')).outcome, 'available');
  assert.doesNotMatch(lab.said, /put back/);

  remove(device.dir);
  const again = lab.device().birth();
  assert.equal((await lab.call(['update', 'check', ...again.flags(), ...vault], { input })).outcome, 'available');
  assert.match(lab.said, /put back or deleted/, 'deleted altogether, too');
  const names = (await lab.call(['vault', 'list', '--file', lab.at('app.vault'), '--secrets-from-stdin'], { input })).records.map((record) => record.name);
  assert.deepEqual(names, ['latchkey/update-floor/com.example.shop']);
  assert.match((await lab.call(recipient('new'), { input })).recipient, /^age1/);
  assert.equal(JSON.parse(readFileSync(lab.at('new', 'settings.json'), 'utf8')).vault, lab.at('app.vault'));
});

test('one process drives a device; others may look', async (t) => {
  const lab = await published(t, 'good');
  const device = await lab.device().birth().run();
  for (const command of ['check', 'apply', 'run']) {
    const refused = await device.call(command, { code: 5 });
    assert.equal(refused.error, 'busy');
    assert.ok(JSON.stringify(refused).includes(`process ${device.child.pid} (latchkey) drives this folder`), JSON.stringify(refused));
  }
  assert.equal((await device.status()).phase, 'built_in');
});

test('a file of the running bundle that was altered on the device is never served, and the bundle is fetched anew', async (t) => {
  const lab = await published(t, 'good', 'good');
  const device = await lab.device().birth().run('--ready-within', '600');
  await device.happens('activated 2.0.0');
  const load = await device.load();
  await device.ready(load.id, load.token);
  await device.happens('ready 2.0.0');
  for (const blob of readdirSync(join(device.dir, 'blobs'))) damage(join(device.dir, 'blobs', blob));
  assert.equal((await device.ask('/app.js', { headers: { Cookie: load.cookie } })).status, 503);
  await device.happens('rolled_back 2.0.0');
  await until('2 is there again', () => device.story().filter((one) => one === 'activated 2.0.0').length === 2, () => device.child.output);
  await device.shows('2');
});

test('strangers: other hosts, other origins, forms, paths that climb', async (t) => {
  const lab = await published(t, 'good');
  const device = await lab.device().birth().run();
  const { host } = new URL(device.url);
  const status = async (path, options) => (await device.ask(path, options)).status;
  assert.equal(await status('/'), 200);
  for (const name of ['evil.example', `evil.example:${device.url.split(':')[2].slice(0, -1)}`, '127.0.0.1', '127.0.0.1:1', `127.0.0.1.evil.example:${host.split(':')[1]}`]) {
    assert.equal(await status('/', { headers: { Host: name } }), 421, name);
    assert.equal(await status('/__latchkey/state', { headers: { Host: name } }), 421, name);
  }
  const post = (headers, path = '/__latchkey/check') => status(path, { method: 'POST', body: {}, headers });
  assert.equal(await post({}), 202);
  assert.equal(await post({ Origin: `http://${host}` }), 202);
  assert.equal(await post({ Origin: 'http://evil.example' }), 403);
  assert.equal(await post({ Origin: 'null' }), 403);
  assert.equal(await post({ Origin: 'http://127.0.0.1:1', 'Sec-Fetch-Site': 'same-site' }), 403, 'another server of this machine');
  assert.equal(await post({ 'Sec-Fetch-Site': 'cross-site' }), 403);
  assert.equal(await post({ 'Content-Type': 'text/plain' }), 415);
  assert.equal(await post({ 'Content-Type': 'application/x-www-form-urlencoded' }), 415);
  assert.equal(await status('/app.js', { headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'script' } }), 403);
  assert.equal(await status('/', { headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' } }), 200, 'a link that leads here');
  assert.equal(await status('/', { headers: { 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate', 'Sec-Purpose': 'prefetch' } }), 503);
  for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd', '//etc/passwd', '/etc/passwd', '/assets/../app.js', '/assets/%2e%2e/app.js',
    '/.\\app.js', '/app.js/', '/APP.JS', '/app.js%00', '/%', '/%zz', '/__latchkey/device', '/__latchkey/../app.js', '/%5f_latchkey/state', `/${'a'.repeat(600)}`]) {
    const got = await status(path);
    assert.ok(got === 404 || got === 400, `${path}: ${got}`);
  }
  assert.equal(await status('/app.js', { method: 'PUT' }), 405);
  assert.equal(await post({}, '/__latchkey/ready'), 400);
  assert.equal((await device.ready('0'.repeat(32), '0'.repeat(32))).status, 409);
  assert.equal(await status('/__latchkey/ready', { method: 'POST', body: { load: 'x'.repeat(2000), token: 'y' } }), 413);

  const file = await device.ask('/app.js');
  assert.match(file.headers['content-type'], /^text\/javascript/);
  assert.equal(file.headers['x-content-type-options'], 'nosniff');
  assert.equal(await status('/app.js', { headers: { 'If-None-Match': file.headers.etag } }), 304);
  const page = await device.ask('/', { headers: { Accept: 'text/html' } });
  assert.equal(page.headers['cache-control'], 'no-store');
  assert.match(page.headers['set-cookie'][0], /HttpOnly; SameSite=Strict/);
  assert.equal(page.headers['access-control-allow-origin'], undefined);
  assert.match(page.headers['content-security-policy'], /frame-ancestors 'self'/);
});
