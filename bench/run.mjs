// The figures of docs/performance.md, latchkey and its peers side by side in one run. See --help.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../tests/interop/support/process.mjs';
import { load, median, opensslDigestSpeed, opensslSpeed } from './measure.mjs';
import * as peers from './peers.mjs';
import { measureFamilies, measureLogins } from './identity_state.mjs';
import { performancePage } from './performance_page.mjs';
import { measureFleet, measureUpdateCheck, measureUpdateInstall } from './update_figures.mjs';
import { measureVault, vaultVersions } from './vault_figures.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: { json: { type: 'string' }, markdown: { type: 'string' }, seconds: { type: 'string', default: '3' }, rounds: { type: 'string', default: '3' },
    families: { type: 'string', default: '100000' }, devices: { type: 'string', default: '1000000' }, only: { type: 'string' }, help: { type: 'boolean' } },
});
if (options.help) {
  console.log('./dev bench [--json FILE] [--markdown FILE] [--only NAME] [--seconds N] [--rounds N] [--families N] [--devices N]\n' +
    'NAME: vault, updates (what a check costs, and a fleet of devices), or part of a figure\'s name.\n' +
    'Requests per CPU-second the server used, median of the rounds, next to oidc-provider and to `openssl speed` of the same run.');
  process.exit(0);
}

const cleanUps = [];
const t = { after: (work) => cleanUps.push(work) };
const figures = [];
const wanted = (name) => !options.only || name.includes(options.only);

const isLessBetter = (unit) => ['MiB', 'B', 'us', 'ms', 'x'].includes(unit);

function report(name, value, unit, { peer, reference, note } = {}) {
  const round = (number) => Number(number.toPrecision(4));
  const figure = { name, value: round(value), unit, peer: peer?.name ?? null, peer_value: peer ? round(peer.value) : null, ratio: peer ? round(isLessBetter(unit) ? peer.value / value : value / peer.value) : null,  // how many times better
    ...(reference && { reference: reference.name, reference_value: round(reference.value), reference_ratio: round(value / reference.value) }),
    ...(note && { note }), versions, command: ['./dev bench', ...process.argv.slice(2)].join(' ') };
  figures.push(figure);
  const beside = [peer && `${figure.ratio}x ${isLessBetter(unit) ? 'less than ' : ''}${peer.name} (${figure.peer_value})`, reference && `${figure.reference_ratio} of ${reference.name} (${figure.reference_value})`, note];
  console.log(`${name.padEnd(34)} ${String(figure.value).padStart(9)} ${unit.padEnd(14)} ${beside.filter(Boolean).join('; ')}`);
}

const version = (program, ...args) => execFileSync(program, args, { encoding: 'utf8' }).split('\n')[0].trim();
const packageVersion = (name) => JSON.parse(readFileSync(join(here, `../tests/interop/node_modules/${name}/package.json`))).version;
const versions = {
  latchkey: version(peers.latchkeyProgram, 'version'),
  openssl: version('openssl', 'version'), node: version(join(here, '../tests/interop/node_modules/.bin/node'), '--version'),
  'oidc-provider': packageVersion('oidc-provider'), compiler: version('clang++-19', '--version'),
  ...vaultVersions(), kernel: version('uname', '-r'), cpu: cpus()[0].model, cores: cpus().length, memory_gib: Math.round(totalmem() / 2 ** 30),
};

try {
  console.log(Object.entries(versions).map(([name, value]) => `${name}: ${value}`).join('\n') + '\n');
  if (wanted('vault')) measureVault(report);
  const areUpdatesWanted = options.only === 'updates';
  if (wanted('update_check') || areUpdatesWanted) await measureUpdateCheck(t, temporaryFolder(t), report, { rounds: Number(options.rounds), seconds: Number(options.seconds) });
  if (wanted('update_install') || areUpdatesWanted) await measureUpdateInstall(t, report, Number(options.rounds));
  if (wanted('fleet') || areUpdatesWanted) measureFleet(options.devices, report);
  if (!['vault', 'update_check', 'update_install', 'fleet', 'updates'].includes(options.only)) await measureServers();
  if (options.markdown) writeFileSync(options.markdown, performancePage(figures, versions));
  if (options.json) writeFileSync(options.json, figures.map((figure) => JSON.stringify(figure)).join('\n') + '\n');
} finally {
  for (const work of cleanUps.reverse()) await work();
}

async function measureServers() {
  const folder = temporaryFolder(t);
  const [, signsPerSecond, verifiesPerSecond] = opensslSpeed('ecdsap256');
  const sign = { name: 'openssl speed ecdsap256 sign', value: signsPerSecond };
  const digest = { name: 'openssl speed sha256 of 64 bytes', value: opensslDigestSpeed() };
  const verify = { name: 'openssl speed ecdsap256 verify', value: verifiesPerSecond };

  const ours = await peers.startLatchkey(t);
  const withJwt = await peers.startOidcProvider(t, { jwtAccessTokens: true });
  const withOpaque = await peers.startOidcProvider(t, { jwtAccessTokens: false });
  const key = new peers.DeviceKey();
  const lines = (name, values) => {
    const path = join(folder, name);
    writeFileSync(path, values.join('\n') + '\n');
    return path;
  };
  const many = async (count, make) => {
    const made = [];
    for (let i = 0; i < count; i += 1) made.push(await make());
    return made;
  };
  const fixed = join(here, 'load/fixed.lua');
  const refresh = join(here, 'load/refresh.lua');
  const form = 'application/x-www-form-urlencoded';

  const requests = {
    jwks: { reference: digest, note: 'cached bytes with an ETag: no cryptography in it', run: (peer, settings) => load(peer.pid, peer.metadata.jwks_uri, fixed, ['GET', '-', '-', '-'], settings) },
    introspection: {
      peer: withOpaque, reference: verify,
      prepare: async (peer) => { peer.inspected = lines(`${peer.name}-inspected`, (await many(64, () => peers.newServiceToken(peer))).map((token) => `token=${token}`)); },
      run: (peer, settings) => load(peer.pid, peer.metadata.introspection_endpoint, fixed, ['POST', form, peer.basic, peer.inspected], settings),
      note: '64 tokens in turn; JWTs here, opaque ones there: it introspects no JWTs',
    },
    client_credentials_jwt: {
      prepare: async (peer) => { peer.credentials = lines(`${peer.name}-credentials`, ['grant_type=client_credentials&scope=api']); },
      run: (peer, settings) => load(peer.pid, peer.metadata.token_endpoint, fixed, ['POST', form, peer.basic, peer.credentials], settings),
      reference: sign,
    },
    refresh_bearer_jwt: {
      run: async (peer, settings) => {
        const tokens = lines(`${peer.name}-bearer`, await many(64, () => peers.newFamily(peer, peer.agent, 'bearer-app')));
        return load(peer.pid, peer.metadata.token_endpoint, refresh, ['bearer-app', tokens, '-'], settings);
      },
      reference: sign, note: 'rotates at every use; JWT access token and ID token',
    },
    refresh_dpop_jwt: {
      run: async (peer, settings) => {
        const tokens = lines(`${peer.name}-bound`, await many(64, () => peers.newFamily(peer, peer.agent, 'app', key)));
        const count = (peer.name === 'latchkey' ? 12000 : 3000) * settings.seconds;
        const proofs = lines(`${peer.name}-proofs`, Array.from({ length: count }, () => key.proof('POST', peer.metadata.token_endpoint)));
        return load(peer.pid, peer.metadata.token_endpoint, refresh, ['app', tokens, proofs], settings);
      },
      reference: verify, note: 'a fresh proof with every request',
    },
  };
  for (const peer of [ours, withJwt]) peer.agent = await peers.signIn(peer);

  for (const [name, request] of Object.entries(requests)) {
    if (!wanted(name)) continue;
    const both = [ours, request.peer ?? withJwt];
    for (const peer of both) await request.prepare?.(peer);
    const measured = both.map(() => []);
    for (let round = 0; round < Number(options.rounds); round += 1)
      for (const [i, peer] of both.entries()) measured[i].push((await request.run(peer, { seconds: Number(options.seconds), connections: 16 })).perCpuSecond);
    const [value, theirs] = measured.map(median);
    report(name, value, 'per CPU-second', { peer: { name: 'oidc-provider', value: theirs }, reference: request.reference, note: request.note });
  }
  for (const peer of [withJwt, withOpaque]) await peer.child.stop();

  if (wanted('login')) await measureLogins(ours, report);
  if (wanted('sqlite')) for (const line of execFileSync(join(here, '../build/release/bin/sql_bench'), { encoding: 'utf8' }).trim().split('\n')) {
    const { name, value, unit } = JSON.parse(line);
    report(name, value, unit);
  }
  if (wanted('families')) await measureFamilies(t, Number(options.families), report);
}
