// Figures about what the server holds and spends outside of single requests: password logins, and memory with many families.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserAgent } from '../tests/interop/support/user_agent.mjs';
import { signIn } from '../tests/interop/support/latchkey_server.mjs';
import { cpuSeconds, load, residentMiB } from './measure.mjs';
import * as peers from './peers.mjs';

const here = dirname(fileURLToPath(import.meta.url));

// Whole sign-ins by a known browser (page, password, redirect with a code), against the bare cost of the hash.
export async function measureLogins(peer, report, { logins = 60, browsers = 4 } = {}) {
  const url = new URL(peers.authorizeUrl(peer, 'bearer-app'));
  url.searchParams.set('prompt', 'login');
  const signInAgain = async (agent) => {
    const done = await signIn(url.href, { agent });
    if (!done.searchParams.has('code')) throw new Error(`the sign-in ended without a code at ${done.pathname}`);
  };
  const agents = Array.from({ length: browsers }, () => new UserAgent());
  for (const agent of agents) await peers.authorize(peer, agent, 'bearer-app');
  const before = cpuSeconds(peer.pid);
  await Promise.all(agents.map(async (agent) => { for (let i = 0; i < logins / browsers; i += 1) await signInAgain(agent); }));
  const perSecond = logins / (cpuSeconds(peer.pid) - before);
  const bare = JSON.parse(execFileSync(join(here, '../build/release/bin/argon2_bench'), { encoding: 'utf8' }));
  report('password_login', perSecond, 'per CPU-second', { reference: { name: bare.name, value: bare.value }, note: 'page, password and redirect' });
}

// Resident memory of a fresh server with `count` live families that has just been refreshing some of them.
export async function measureFamilies(t, count, report) {
  const peer = await peers.startLatchkey(t);
  const agent = await peers.signIn(peer);
  const authorize = new URL(peers.authorizeUrl(peer, 'bearer-app'));
  const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: 'bearer-app', code_verifier: peers.verifier, redirect_uri: peers.redirect });
  const args = [agent.cookieHeader(authorize.href), authorize.pathname + authorize.search, new URL(peer.metadata.token_endpoint).pathname, body.toString()];
  let made = 0;
  let cpu = 0;
  while (made < count) {
    const slice = await load(peer.pid, peer.url, join(here, 'load/families.lua'), args, { seconds: 5, connections: 64 });
    made += Math.floor(slice.requests / 2);
    cpu += slice.cpu;
  }
  report('code_flow', made / cpu, 'per CPU-second', { note: `${made} times authorize, redirect and code exchange with an existing sign-in` });
  const ours = residentMiB(peer.pid);
  await peer.child.stop();
  report('rss_with_families', ours, 'MiB', { peer: { name: 'oidc-provider', value: await measureTheirFamilies(t, made) }, note: `${made} live families; in SQLite here, in its in-memory adapter there` });
}

// Its store is filled from inside; that the sessions are live is shown by refreshing one.
async function measureTheirFamilies(t, count) {
  const peer = await peers.startOidcProvider(t, { jwtAccessTokens: true, families: count });
  const [, token] = /^family (\S+)$/m.exec(peer.child.output);
  const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'bearer-app', refresh_token: token });
  const response = await fetch(peer.metadata.token_endpoint, { method: 'POST', body });
  if (response.status !== 200) throw new Error(`oidc-provider: ${await response.text()}`);
  const theirs = residentMiB(peer.pid);
  await peer.child.stop();
  return theirs;
}
