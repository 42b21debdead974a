// The two servers that are compared, each as its own process pinned to one core, behind one shape:
// {name, child, pid, url, metadata, basic}, and what a load needs of them: sign-ins, token families, service tokens, DPoP proofs.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { join } from 'node:path';
import { redirect, signIn as signInOn, startServer, user } from '../tests/interop/support/latchkey_server.mjs';
import { UserAgent } from '../tests/interop/support/user_agent.mjs';
import { freePort, here, latchkey, start } from '../tests/interop/support/process.mjs';
import { serverCore } from './measure.mjs';

export { redirect, user };
export const latchkeyProgram = latchkey;
const base64url = (bytes) => Buffer.from(bytes).toString('base64url');

export async function startLatchkey(t) {
  const started = await startServer(t, { prefix: ['taskset', '-c', serverCore], flags: ['--threads', '1'] });
  return server('latchkey', started.child, started.url, started.serviceSecret);
}

// The release service alone, with one app (bench/release_bench_server.cpp).
export async function startReleases(t, folder) {
  const program = join(here, '../../build/release/bin/release_bench_server');
  const child = await start(t, 'taskset', ['-c', serverCore, program, folder, String(await freePort())], /^(http:\S+)$/m);
  return { child, url: child.ready[1] };
}

export async function startOidcProvider(t, { jwtAccessTokens, families }) {
  const port = await freePort();
  const program = `${here}/node_modules/.bin/node`;
  const options = JSON.stringify({ jwtAccessTokens, families });
  const child = await start(t, 'taskset', ['-c', serverCore, program, `${here}/support/oidc_provider.mjs`, String(port), options], /listening/);
  return server('oidc-provider', child, `http://127.0.0.1:${port}`, 'service-secret-of-the-test-1234567890');
}

async function server(name, child, url, serviceSecret) {
  const metadata = await (await fetch(`${url}/.well-known/openid-configuration`)).json();
  const basic = `Basic ${Buffer.from(`service:${encodeURIComponent(serviceSecret)}`).toString('base64')}`;
  return { name, child, pid: child.pid, url, metadata, basic };
}

// A device key that signs proofs as fast as OpenSSL does.
export class DeviceKey {
  #private;
  #head;
  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
    this.#private = privateKey;
    this.#head = base64url(JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }));
  }
  proof(method, url) {
    const claims = { jti: base64url(randomBytes(12)), htm: method, htu: url, iat: Math.floor(Date.now() / 1000) };
    const signed = `${this.#head}.${base64url(JSON.stringify(claims))}`;
    return `${signed}.${base64url(sign('sha256', Buffer.from(signed), { key: this.#private, dsaEncoding: 'ieee-p1363' }))}`;
  }
}

export const verifier = 'a-fixed-verifier-is-enough-for-a-load-test-1234567890';
export const challenge = base64url(createHash('sha256').update(verifier).digest());

export function authorizeUrl(peer, client) {
  const url = new URL(peer.metadata.authorization_endpoint);
  url.search = new URLSearchParams({ client_id: client, response_type: 'code', redirect_uri: redirect, scope: 'openid offline_access',
    code_challenge: challenge, code_challenge_method: 'S256', state: 's', ...(peer.name === 'oidc-provider' && { prompt: 'consent' }) });
  return url.href;
}

// A signed-in user agent, so that further authorizations need no password.
export async function signIn(peer) {
  const agent = new UserAgent();
  await authorize(peer, agent, 'bearer-app');
  return agent;
}

export async function authorize(peer, agent, client) {
  const code = (await signInOn(authorizeUrl(peer, client), { agent })).searchParams.get('code');
  if (!code) throw new Error(`${peer.name}: the sign-in gave no code`);
  return code;
}

// A refresh token of a new family.
export async function newFamily(peer, agent, client, key) {
  const code = await authorize(peer, agent, client);
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...(key && { dpop: key.proof('POST', peer.metadata.token_endpoint) }) };
  const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: client, code, code_verifier: verifier, redirect_uri: redirect });
  const response = await fetch(peer.metadata.token_endpoint, { method: 'POST', headers, body });
  const tokens = await response.json();
  if (!tokens.refresh_token) throw new Error(`${peer.name}: ${JSON.stringify(tokens)}`);
  return tokens.refresh_token;
}

export async function newServiceToken(peer) {
  const headers = { authorization: peer.basic, 'content-type': 'application/x-www-form-urlencoded' };
  const response = await fetch(peer.metadata.token_endpoint, { method: 'POST', headers, body: 'grant_type=client_credentials&scope=api' });
  const tokens = await response.json();
  if (!tokens.access_token) throw new Error(`${peer.name}: ${JSON.stringify(tokens)}`);
  return tokens.access_token;
}

