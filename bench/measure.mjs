// Load from wrk on one core against a server pinned to the other, counted in requests per CPU-second the server really used.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']));
export const serverCore = '0';
export const loadCore = cpus().length > 1 ? '1' : '0';

// User and system time of a process with all its threads, in seconds.
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export function residentMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

// One wrk run; answers {requests, unexpected, seconds, perCpuSecond}. Throws when the server answered anything but 2xx.
export async function load(pid, url, script, args, { seconds = 3, connections = 16 } = {}) {
  const before = cpuSeconds(pid);
  const wrk = spawn('taskset', ['-c', loadCore, 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url, '--', ...args]);
  let output = '';
  wrk.stdout.on('data', (chunk) => { output += chunk; });
  wrk.stderr.on('data', (chunk) => { output += chunk; });
  await new Promise((resolve) => wrk.once('exit', resolve));
  const used = cpuSeconds(pid) - before;
  const requests = Number(/(\d+) requests in/.exec(output)?.[1] ?? 0);
  const unexpected = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  if (requests === 0 || unexpected > 0) throw new Error(`${url}: ${unexpected} of ${requests} answers were not 2xx\n${output}`);
  return { requests, cpu: used, perCpuSecond: requests / used };
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

// Operations per second of one core, from `openssl speed`: {sign, verify}, or bytes per second for digests.
export function opensslSpeed(...args) {
  const { stdout } = spawnSync('openssl', ['speed', '-seconds', '2', '-mr', ...args], { encoding: 'utf8' });
  const [, ...row] = /^\+F\d+:(.*)$/m.exec(stdout)[1].split(':');
  return row.map(Number);
}

// Of one core, in pieces of `size` bytes.
export function opensslBytesPerSecond(algorithm, size) {
  const { stdout } = spawnSync('openssl', ['speed', '-seconds', '2', '-mr', '-bytes', String(size), '-evp', algorithm], { encoding: 'utf8' });
  return Number(/^\+F:\d+:[^:]+:([\d.]+)/m.exec(stdout)[1]);
}

// SHA-256 hashes of 64 bytes per second of one core.
export const opensslDigestSpeed = () => opensslBytesPerSecond('sha256', 64) / 64;
