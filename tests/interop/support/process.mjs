// Starts programs for a test and stops them with it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(dirname(fileURLToPath(import.meta.url)));
export const latchkey = process.env.LATCHKEY ?? join(here, '../../build/release/bin/latchkey');

// Removed when this process ends: no program a test started writes into it by then.
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-interop-'));
  folders.push(folder);
  return folder;
}
const folders = [];
process.on('exit', () => { for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 }); });

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Runs to the end; answers {code, stdout, stderr}.
export function run(program, args, { input = '', env = {} } = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => { stdout += chunk; });
  child.stderr.on('data', (chunk) => { stderr += chunk; });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code: code ?? signal, stdout, stderr })));
}

// Starts a program and answers once its output matches `ready`; stopped when the test ends.
export function start(t, program, args, ready, { env = {}, input } = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  child.output = '';
  if (input !== undefined) child.stdin.end(input);
  const stopped = new Promise((resolve) => child.once('exit', resolve));
  child.stop = async (signal = 'SIGTERM') => {
    child.kill(signal);
    await stopped;
  };
  t.after(async () => { if (child.exitCode === null && child.signalCode === null) await child.stop('SIGKILL'); });
  return new Promise((resolve, reject) => {
    const watch = (chunk) => {
      child.output += chunk;
      const match = ready.exec(child.output);
      if (match) resolve(Object.assign(child, { ready: match }));
    };
    child.stdout.on('data', watch);
    child.stderr.on('data', watch);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code} before it was ready:\n${child.output}`)));
  });
}
