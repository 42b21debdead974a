// What the end of a session sets off, seen by the jose library: logout tokens at an app's backend, events at a gateway, bits in
// the status list; with a real server that is killed in between.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import * as jose from 'jose';
import * as client from 'openid-client';
import { redirect, signIn, startServer, user } from './support/latchkey_server.mjs';
import { temporaryFolder } from './support/process.mjs';

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';
const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';

// An app's backend and a gateway in one: keeps what it is posted, answers `status[path]`.
async function startReceiver(t) {
  const receiver = { posts: [], status: { '/logout': 200, '/events': 202 } };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => { body += chunk; });
    request.on('end', () => {
      receiver.posts.push({ path: request.url, headers: request.headers, body });
      response.writeHead(receiver.status[request.url] ?? 404).end();
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => { server.closeAllConnections(); server.close(); });
  receiver.url = `http://127.0.0.1:${server.address().port}`;
  receiver.wait = (path, count = 1) => until(() => receiver.posts.filter((post) => post.path === path).at(count - 1), `post ${count} to ${path}`);
  return receiver;
}

async function until(condition, what) {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = condition();
    if (found) return found;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  throw new Error(`waited in vain for ${what}`);
}

async function startAll(t, { reach = true } = {}) {
  const receiver = await startReceiver(t);
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'token'), 'the-gateway-token\n');
  const networks = reach ? 'outbound_networks = ["127.0.0.0/8"]\n' : '';
  writeFileSync(join(folder, 'latchkey.toml'), `${networks}[[event_receivers]]\nurl = "${receiver.url}/events"\naudience = "gateway"\ntoken_file = "${join(folder, 'token')}"\n`);
  const server = await startServer(t, { flags: ['--config', join(folder, 'latchkey.toml')] });
  await server.admin(['client', 'add', 'web-app', '--redirect', redirect, '--scope', 'openid offline_access', '--backchannel-logout', `${receiver.url}/logout`]);
  return { server, receiver };
}

async function session(server) {
  const config = await eventually(() => client.discovery(new URL(server.url), 'web-app', undefined, client.None(), { execute: [client.allowInsecureRequests] }));
  const verifier = client.randomPKCECodeVerifier();
  const url = client.buildAuthorizationUrl(config, { redirect_uri: redirect, scope: 'openid offline_access', state: 's', nonce: 'n',
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
  // An app that was just added is known within two seconds.
  const back = await eventually(() => signIn(url));
  const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: 's', expectedNonce: 'n' });
  return { config, tokens, claims: jose.decodeJwt(tokens.access_token) };
}

async function eventually(attempt) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries > 50) throw error;
      await new Promise((resolve) => { setTimeout(resolve, 200); });
    }
  }
}

const verifyLogout = (server, post) =>
  jose.jwtVerify(new URLSearchParams(post.body).get('logout_token'), jose.createRemoteJWKSet(new URL(`${server.url}/jwks`)),
    { typ: 'logout+jwt', issuer: server.url, audience: 'web-app', algorithms: ['ES256'], maxTokenAge: '2m', requiredClaims: ['jti', 'exp', 'sub', 'sid', 'events'] });

// As a gateway that verifies access tokens offline does (draft-ietf-oauth-status-list section 8.3).
async function isEnded(server, { status: { status_list: { idx, uri } } }) {
  const response = await fetch(uri, { headers: { accept: 'application/statuslist+jwt' } });
  assert.equal(response.headers.get('content-type'), 'application/statuslist+jwt');
  const { payload } = await jose.jwtVerify(await response.text(), jose.createRemoteJWKSet(new URL(`${server.url}/jwks`)),
    { typ: 'statuslist+jwt', subject: uri, algorithms: ['ES256'], requiredClaims: ['iat', 'exp', 'ttl'] });
  assert.equal(payload.status_list.bits, 1);
  const bytes = inflateSync(Buffer.from(payload.status_list.lst, 'base64url'), { maxOutputLength: 4096 });
  return (bytes[Math.floor(idx / 8)] >> (idx % 8)) % 2 === 1;
}

test('signing out tells the app and the gateway, and sets the bit', async (t) => {
  const { server, receiver } = await startAll(t);
  const { config, tokens, claims } = await session(server);
  assert.equal(config.serverMetadata().backchannel_logout_supported, true);
  assert.equal(config.serverMetadata().backchannel_logout_session_supported, true);
  assert.equal(await isEnded(server, claims), false);
  await client.tokenRevocation(config, tokens.refresh_token);

  const { payload } = await verifyLogout(server, await receiver.wait('/logout'));
  assert.equal(payload.sid, claims.sid);
  assert.equal(payload.sub, claims.sub);
  assert.deepEqual(payload.events, { [logoutEvent]: {} });
  assert.equal('nonce' in payload, false);

  const post = await receiver.wait('/events');
  assert.equal(post.headers['content-type'], 'application/secevent+jwt');
  assert.equal(post.headers.authorization, 'Bearer the-gateway-token');
  const event = await jose.jwtVerify(post.body, jose.createRemoteJWKSet(new URL(`${server.url}/jwks`)),
    { typ: 'secevent+jwt', issuer: server.url, audience: 'gateway', algorithms: ['ES256'] });
  assert.equal(event.payload.sub_id.session.id, claims.sid);
  assert.equal(event.payload.sub_id.user.sub, claims.sub);
  assert.ok(event.payload.events[sessionRevoked].event_timestamp > 0);
  assert.equal('sub' in event.payload || 'exp' in event.payload, false);
  await eventually(async () => assert.equal(await isEnded(server, claims), true));
});

test('the command line ends sessions of a running server, and everybody is told', async (t) => {
  const { server, receiver } = await startAll(t);
  const { claims } = await session(server);
  await server.admin(['user', 'disable', user.name]);
  assert.equal((await verifyLogout(server, await receiver.wait('/logout'))).payload.sid, claims.sid);
  await receiver.wait('/events');
  await eventually(async () => assert.equal(await isEnded(server, claims), true));
});

test('a server killed before it could tell anybody tells them after its restart, under the same id', async (t) => {
  const { server, receiver } = await startAll(t);
  const { config, tokens, claims } = await session(server);
  receiver.status['/logout'] = 503;
  receiver.status['/events'] = 503;
  await client.tokenRevocation(config, tokens.refresh_token);
  const first = await verifyLogout(server, await receiver.wait('/logout'));
  await receiver.wait('/events');
  await server.restart('SIGKILL');
  receiver.status['/logout'] = 200;
  receiver.status['/events'] = 202;
  const second = await verifyLogout(server, await receiver.wait('/logout', 2));
  assert.equal(second.payload.jti, first.payload.jti);
  assert.equal(second.payload.sid, claims.sid);
  await receiver.wait('/events', 2);
});

test('row 61: addresses inside are not called unless they are allowed', async (t) => {
  const { server, receiver } = await startAll(t, { reach: false });
  const { config, tokens } = await session(server);
  await client.tokenRevocation(config, tokens.refresh_token);
  await until(() => (server.child.output.match(/the address is not public/g) ?? []).length >= 2, 'two refusals in the log');
  assert.equal(receiver.posts.length, 0);
});
