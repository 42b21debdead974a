// Our client, signing in at an independent server: oidc-provider, strict about PKCE and DPoP, and at times losing its answers.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, here, latchkey, run, start, temporaryFolder } from './support/process.mjs';
import { signIn } from './support/latchkey_server.mjs';
import { navigate } from './support/user_agent.mjs';

const passcode = 'a passcode of the test\n';

async function launchProvider(t, options = {}) {
  const port = await freePort();
  const child = await start(t, join(here, 'node_modules/.bin/node'), ['--no-warnings', join(here, 'support/oidc_provider.mjs'), String(port), JSON.stringify(options)], /listening/);
  return { issuer: `http://127.0.0.1:${port}`, child };
}
const startProvider = async (t, options) => (await launchProvider(t, options)).issuer;

// A device: a vault in a folder of its own, and the command line on it.
class Device {
  constructor(t, issuer) {
    this.t = t;
    this.issuer = issuer;
    this.vault = join(temporaryFolder(), 'device.vault');
  }
  call(...args) {
    return run(latchkey, [...args, '--vault', this.vault, '--passcode-stdin', '--json'], { input: passcode });
  }
  async json(...args) {
    const done = await this.call(...args);
    assert.equal(done.code, 0, `latchkey ${args.join(' ')}: ${done.stdout}${done.stderr}`);
    return JSON.parse(done.stdout.trim().split('\n').at(-1));
  }
  // Signs in; the browser is a user agent that opens the printed address.
  async login(...flags) {
    const args = ['login', '--issuer', this.issuer, '--no-browser', '--scope', 'openid offline_access', ...flags, '--vault', this.vault, '--passcode-stdin', '--json'];
    const child = await start(this.t, latchkey, args, /\{"open":"([^"]+)"\}/, { input: passcode });
    const address = new URL(JSON.parse(`"${child.ready[1]}"`));
    address.searchParams.set('prompt', 'consent'); // oidc-provider gives refresh tokens with consent only
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const back = await signIn(address);
    const page = await navigate(back);
    assert.equal(await ended, 0, `${child.output}\n${back}\n${page.html}`);
    return child;
  }
}

for (const [client, bound] of [['app', true], ['bearer-app', false]]) {
  test(`sign-in, refresh with rotation and sign-out: ${bound ? 'DPoP, nonces required' : 'bearer'}`, async (t) => {
    const { issuer, child: provider } = await launchProvider(t, { requireNonce: bound, accessTokenTtl: 1, tellsRotation: true });
    const device = new Device(t, issuer);
    await device.login('--client-id', client, ...(bound ? [] : ['--bearer']));
    const status = await device.json('status');
    assert.equal(status.signed_in, true);
    assert.equal(status.bound, bound);
    const seen = new Set();
    for (let i = 0; i < 4; i += 1) {
      await sleep(1100); // the access token lives a second
      const token = await device.json('token');
      assert.equal(token.token_type, bound ? 'DPoP' : 'Bearer');
      seen.add(token.access_token);
    }
    assert.equal(seen.size, 4, 'renewed each time');
    assert.equal(provider.output.match(/^rotated$/gm)?.length, 4, 'with another refresh token each time');
    assert.equal((await device.json('logout')).revoked, true);
    assert.equal((await device.call('token')).code, 3, 'nobody is signed in');
  });
}

test('eight processes that want a token at once make one refresh, and all get it', async (t) => {
  const device = new Device(t, await startProvider(t, { accessTokenTtl: 8 }));
  await device.login('--client-id', 'bearer-app', '--bearer');
  await sleep(8100);
  const tokens = await Promise.all(Array.from({ length: 8 }, () => device.json('token')));
  assert.equal(new Set(tokens.map((one) => one.access_token)).size, 1);
});

test('every third answer of the token endpoint is lost and the session lives on', async (t) => {
  const device = new Device(t, await startProvider(t, { accessTokenTtl: 1, rotate: false, dropEvery: 3 }));
  await device.login('--client-id', 'app');
  const codes = [];
  for (let i = 0; i < 9; i += 1) {
    await sleep(1100);
    codes.push((await device.call('token')).code);
  }
  assert.ok(codes.every((code) => code === 0 || code === 5), `only "try again" is allowed besides success: ${codes}`);
  assert.ok(codes.filter((code) => code === 0).length >= 5, String(codes));
  assert.equal((await device.json('status')).signed_in, true);
});

test('the session ends when, and only when, the server says invalid_grant', async (t) => {
  const device = new Device(t, await startProvider(t, { accessTokenTtl: 1, rotate: true, dropEvery: 3 })); // strict reuse detection: a lost answer is fatal there
  await device.login('--client-id', 'bearer-app', '--bearer');
  const codes = [];
  while (codes.at(-1) !== 3 && codes.length < 10) {
    await sleep(1100);
    codes.push((await device.call('token')).code);
  }
  assert.equal(codes.at(-1), 3, `signed out once the server had ended the grant: ${codes}`);
  assert.ok(codes.slice(0, -1).every((code) => code === 0 || code === 5), String(codes));
});
