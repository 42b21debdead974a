// Live updates at scale: what a check without news costs the server, what installing costs a device, and a fleet of simulated devices with the real decision code and the
// real pause rule (bench/fleet_bench.cpp).
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Lab, noise } from '../tests/updates/support/lab.mjs';
import { load, median, opensslDigestSpeed } from './measure.mjs';
import * as peers from './peers.mjs';

const here = dirname(fileURLToPath(import.meta.url));

// timestamp.json from memory: a device's check is this and a 404 for the next root, which is less.
export async function measureUpdateCheck(t, folder, report, { rounds, seconds }) {
  const server = await peers.startReleases(t, folder);
  const url = `${server.url}/updates/com.example.shop/metadata/timestamp.json`;
  const measured = [];
  for (let round = 0; round < rounds; round += 1)
    measured.push((await load(server.child.pid, url, join(here, 'load/fixed.lua'), ['GET', '-', '-', '-'], { seconds, connections: 16 })).perCpuSecond);
  report('update_check', median(measured), 'per CPU-second', { reference: { name: 'openssl speed sha256 of 64 bytes', value: opensslDigestSpeed() }, note: 'timestamp.json with its ETag; a check without news is this and a 404' });
  await server.child.stop();
}

// A full bundle of 5 MB nobody can compress, from check to staged, over loopback from `latchkey serve`: the whole engine against the least
// that these bytes cost, written, synced and hashed.
export async function measureUpdateInstall(t, report, rounds) {
  const lab = await Lab.open(t);
  await lab.publish('1', 'good', { 'assets/photo.bin': noise(5_000_000) });
  const program = join(here, '../build/release/bin/install_bench');
  const times = String(7 * rounds);
  const got = JSON.parse(execFileSync(program, ['com.example.shop', `${lab.url}/updates/com.example.shop`, lab.at('updates/metadata/1.root.json'), lab.at('content.key'), lab.at('devices'), times]));
  const copy = { name: 'copy, sync and SHA-256 of the same bytes', value: got.copy_and_hash.wall };
  const note = `${(got.object_bytes / 1e6).toFixed(1)} MB to download`;
  report('update_install', got.check.wall + got.download.wall - got.decode.wall, 'ms', { reference: copy, note: `${note}, without the ${got.decode.wall} ms of decoding the patch` });
  report('update_install_cpu', got.check.processor + got.download.processor, 'ms', { note: `${note}; processor time of the device, all of it` });
  await lab.server.stop();
}

// Deterministic: the same on every machine, whatever else it does.
export function measureFleet(devices, report) {
  const lines = execFileSync(join(here, '../build/release/bin/fleet_bench'), [String(devices)], { encoding: 'utf8' }).trim().split('\n').map((line) => JSON.parse(line));
  for (const one of lines) {
    if (one.pauses !== undefined)
      report(one.name, one.pauses, 'pauses', { note: `of ${one.devices} devices that fail on 0.1 %, staged, while each of these networks invents a failed device a minute and a person resumes after an hour; 95 % had it after ${one.t95_hours} h` });
    else if (one.t95_hours !== undefined)
      report(`${one.name}_t95`, one.t95_hours, 'h', { note: `${one.devices} devices; half after ${one.t50_hours} h, 99 % after ${one.t99_hours} h; ${one.requests_per_second} requests/s, ${one.peak_requests} in the busiest second` });
    else if (one.failure_rate !== undefined)
      report(`fleet_exposure_${one.failure_rate * 100}_percent`, one.staged, 'devices', { note: `of ${one.devices} had a release that fails on ${one.failure_rate * 100} %, staged, ${one.paused_staged ? 'when it paused itself' : 'never paused'}; all at once ${one.at_once}, ${one.paused ? 'paused' : 'never paused'}` });
    else report(one.name, one.paused, `of ${one.runs}`, { note: 'rollouts of 100,000 reports that fail exactly as often as is tolerated, each paused and resumed by hand twice on the way' });
  }
}

export const isOfUpdates = ({ name }) => name.startsWith('update_') || name.startsWith('fleet_');

export function updatesSection(figures) {
  if (figures.length === 0) return '';
  const rows = figures.map((one) => `| ${one.name} | ${one.value} ${one.unit} | ${one.name === 'update_check' ? `100000 (${one.value >= 100000 ? 'met' : '**missed**'})` : one.name === 'fleet_false_pauses' ? `0 (${one.value === 0 ? 'met' : '**missed**'})` : ''} | ${one.note} |`);
  return `## Live updates

By \`./dev bench --only updates\`: the first row with wrk against the release service's device side, the others by a simulation with the code that
devices and server run (checks are Poisson, reports take 10 minutes, caches hold a pause back for 30 s; stages are 1, 5, 20, 50 and 100 %, six hours
each; three devices in ten share the networks of twenty carriers, the others are four to a network). What one bundle costs: [patches.md](patches.md).

| figure | value | bar | note |
|---|---|---|---|
${rows.join('\n')}
`;
}
