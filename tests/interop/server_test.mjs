// Our server, driven by the certified client library openid-client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as client from 'openid-client';
import { redirect, signIn, startServer, user } from './support/latchkey_server.mjs';
import { UserAgent } from './support/user_agent.mjs';

const insecure = { execute: [client.allowInsecureRequests] }; // loopback without TLS
const discover = (server, id = 'app', secret = undefined) =>
  client.discovery(new URL(server.url), id, secret, secret ? client.ClientSecretBasic(secret) : client.None(), insecure);

// A whole sign-in; answers {config, tokens, DPoP}.
async function session(server, { id = 'app', bound = id === 'app', agent } = {}) {
  const config = await discover(server, id);
  const DPoP = bound ? client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) : undefined;
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, { redirect_uri: redirect, scope: 'openid offline_access', state: expectedState, nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256' });
  const back = await signIn(url, { agent });
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
  const tokens = await client.authorizationCodeGrant(config, back, checks, undefined, { DPoP });
  return { config, tokens, DPoP, back, checks };
}

const refused = (code) => (error) => {
  assert.equal(error.error, code, error.message);
  return true;
};

for (const requireNonce of [false, true]) {
  test(`code, PKCE and DPoP ${requireNonce ? 'with' : 'without'} required nonces`, async (t) => {
    const server = await startServer(t, { flags: requireNonce ? ['--require-dpop-nonce'] : [] });
    const { config, tokens, DPoP } = await session(server);
    assert.equal(tokens.token_type, 'dpop');
    assert.equal(tokens.expires_in, 300);
    assert.ok(tokens.refresh_token.startsWith('rt1_'));
    assert.ok(tokens.refresh_token_expires_in > 0);
    const claims = tokens.claims();
    const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
    assert.equal(info.sub, claims.sub);
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
    assert.equal((await client.fetchUserInfo(config, refreshed.access_token, claims.sub, { DPoP })).sub, claims.sub);

    await t.test('another key is refused', async () => {
      const stranger = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
      await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token, undefined, { DPoP: stranger }), (error) =>
        ['invalid_grant', 'invalid_dpop_proof'].includes(error.error));
      await assert.rejects(client.fetchUserInfo(config, refreshed.access_token, claims.sub, { DPoP: stranger }));
    });
    await t.test('no key is refused', async () => {
      await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token), (error) => ['invalid_grant', 'invalid_dpop_proof', 'invalid_request'].includes(error.error));
      const bare = await fetch(config.serverMetadata().userinfo_endpoint, { headers: { authorization: `Bearer ${refreshed.access_token}` } });
      assert.equal(bare.status, 401);
    });
    await t.test('the owner is still signed in', async () => {
      await client.refreshTokenGrant(config, refreshed.refresh_token, undefined, { DPoP });
    });
  });
}

test('bearer clients rotate at every use, and a lost reply costs nothing', async (t) => {
  const server = await startServer(t);
  const { config, tokens } = await session(server, { id: 'bearer-app' });
  const first = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(first.refresh_token, tokens.refresh_token);
  const again = await client.refreshTokenGrant(config, tokens.refresh_token); // as if the first reply had been lost
  assert.equal(again.refresh_token, first.refresh_token);
  const many = await Promise.all(Array.from({ length: 16 }, () => client.refreshTokenGrant(config, first.refresh_token)));
  assert.equal(new Set(many.map((one) => one.refresh_token)).size, 1);
});

test('a replayed old token ends the family for everybody, at once and after a restart', async (t) => {
  const server = await startServer(t, { flags: ['--refresh-grace', '0s'] });
  const { config, tokens } = await session(server, { id: 'bearer-app' });
  const second = await client.refreshTokenGrant(config, tokens.refresh_token);
  const third = await client.refreshTokenGrant(config, second.refresh_token);
  await server.restart('SIGKILL');
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), refused('invalid_grant'));
  await assert.rejects(client.refreshTokenGrant(config, third.refresh_token), refused('invalid_grant'));
  await server.restart('SIGKILL');
  await assert.rejects(client.refreshTokenGrant(config, third.refresh_token), refused('invalid_grant'));
});

test('a code is good once, for its client and verifier only', async (t) => {
  const server = await startServer(t);
  const { config, tokens, back, checks } = await session(server, { id: 'bearer-app' });
  await assert.rejects(client.authorizationCodeGrant(config, back, checks), refused('invalid_grant'));
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), refused('invalid_grant')); // the replay ended the family
});

test('introspection and revocation', async (t) => {
  const server = await startServer(t);
  const { config, tokens } = await session(server, { id: 'bearer-app' });
  const service = await discover(server, 'service', server.serviceSecret);
  const seen = await client.tokenIntrospection(service, tokens.access_token);
  assert.equal(seen.active, true);
  assert.equal(seen.client_id, 'bearer-app');
  assert.equal((await client.tokenIntrospection(service, 'not-a-token')).active, false);
  await client.tokenRevocation(config, tokens.refresh_token);
  assert.equal((await client.tokenIntrospection(service, tokens.access_token)).active, false);
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), refused('invalid_grant'));
  const open = await fetch(config.serverMetadata().introspection_endpoint, { method: 'POST', body: new URLSearchParams({ token: tokens.access_token }) });
  assert.equal(open.status, 401);
});

test('client credentials, and a wrong secret', async (t) => {
  const server = await startServer(t);
  const service = await discover(server, 'service', server.serviceSecret);
  const tokens = await client.clientCredentialsGrant(service, { scope: 'api' });
  assert.equal(tokens.token_type, 'bearer');
  const wrong = await discover(server, 'service', 'not-the-secret');
  await assert.rejects(client.clientCredentialsGrant(wrong, { scope: 'api' }), (error) => {
    assert.equal(error.status, 401); // openid-client reports the challenge before the body
    return true;
  });
});

test('logout ends the session of the browser and of the app', async (t) => {
  const server = await startServer(t);
  const agent = new UserAgent();
  const { config, tokens } = await session(server, { id: 'bearer-app', agent });
  const url = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: redirect, state: 'bye' });
  let page = await agent.open(url.href, { stop: (location) => location.startsWith(redirect) });
  if (page.html) page = await agent.submit(page, () => undefined, { stop: (location) => location.startsWith(redirect) });
  assert.equal(new URL(page.url).searchParams.get('state'), 'bye');
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), refused('invalid_grant'));
  const silent = client.buildAuthorizationUrl(config, { redirect_uri: redirect, scope: 'openid', prompt: 'none', state: 's',
    code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()), code_challenge_method: 'S256' });
  const back = await signIn(silent, { agent });
  assert.equal(back.searchParams.get('error'), 'login_required');
  assert.equal(back.searchParams.get('iss'), server.url);
});

test('a wrong password is refused with the same page as an unknown user', async (t) => {
  const server = await startServer(t);
  const config = await discover(server);
  const url = client.buildAuthorizationUrl(config, { redirect_uri: redirect, scope: 'openid', state: 's', code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()), code_challenge_method: 'S256' });
  const answers = [];
  for (const name of [user.name, 'eve@example.com']) {
    const agent = new UserAgent();
    const page = await agent.open(url.href);
    const fill = (field) => (field.type === 'password' ? 'wrong horse battery staple' : field.type === 'text' || field.type === 'email' ? name : undefined);
    const answer = await agent.submit(page, fill);
    const varying = /value="[^"]*"/g; // the form token and what the user typed
    answers.push({ status: answer.response.status, html: answer.html.replace(varying, ''), url: answer.url.replace(/\?.*/, '') });
  }
  assert.deepEqual(answers[0], answers[1]);
});
