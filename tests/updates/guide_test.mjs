// docs/guides/updates.md, "See it on a device": its commands, as they are written, in an empty folder. Only the port is another one, and keys cost
// less to open: at full strength, fifteen of them made and opened, they take ten seconds of processor time and more.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { freePort, here, latchkey, start, temporaryFolder } from '../interop/support/process.mjs';
import { until } from './support/lab.mjs';

const guide = readFileSync(join(here, '../../docs/guides/updates.md'), 'utf8');
const section = guide.slice(guide.indexOf('## See it on a device'));
const blocks = [...section.matchAll(/^```sh\n(.*?)^```/gms)].map((match) => match[1]);

test('the guide, from nothing to 1, 2, and 3 rolled back', async (t) => {
  assert.equal(blocks.length, 4);
  const folder = temporaryFolder();
  const port = String(await freePort());
  const env = { ...process.env, PATH: `${dirname(latchkey)}:${process.env.PATH}`, HOME: folder };
  const written = (text) => text.replaceAll('8080', port).replace(/^sleep .*$/m, '')
    .replace(/^(latchkey keys init|latchkey bundle key create)/gm, '$1 --work-factor 10');
  // One shell for all of the first terminal: the service is its child, and goes with it.
  const shell = spawn('bash', ['-euo', 'pipefail'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  t.after(() => { try { process.kill(-shell.pid, 'SIGKILL'); } catch { /* it has ended */ } });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk) => { output += chunk; });
  let blocksTyped = 0;
  const type = async (block) => {
    blocksTyped += 1;
    const mark = `block ${blocksTyped} is done`;
    // The service has to listen before it is talked to: a person takes longer to type on than it does to start.
    const patient = written(block).replace(/^(latchkey serve .* &)$/m, '$1\nuntil grep -q ready serve.log; do sleep 0.1; done');
    shell.stdin.write(`${patient}\necho "${mark}"\n`);
    await until(mark, () => { assert.equal(shell.exitCode, null, output); return output.includes(mark); }, () => output);
  };

  await type(blocks[0]);
  const [program, ...args] = written(blocks[1]).replaceAll('\\\n', ' ').trim().split(/\s+/);
  assert.equal(program, 'latchkey');
  const inFolder = (arg) => (readdirSync(folder).includes(arg.split('/')[0]) || arg === 'device' ? join(folder, arg) : arg);
  const device = await start(t, latchkey, [...args.map(inFolder), '--ready-within', '2'], /at (http:\S+)/);
  const url = device.ready[1];
  const open = async () => { // what a browser does with the page, as far as it matters here: the app's script runs when nothing is missing
    const page = await (await fetch(url, { headers: { Accept: 'text/html' } })).text();
    const id = /load=([0-9a-f]{32})/.exec(page)[1];
    const token = /"token":"([0-9a-f]{32})"/.exec(await (await fetch(`${url}__latchkey/load.js?load=${id}`)).text())[1];
    const script = await (await fetch(`${url}app.js`)).text();
    if (!script.includes('missing.function'))
      await fetch(`${url}__latchkey/ready`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ load: id, token }) });
    return /Version (\d)/.exec(page)[1];
  };
  assert.equal(await open(), '1');
  await type(blocks[2]);
  await until('2 runs', () => /2\.0\.0 \(2\) runs/.test(device.output), () => device.output);
  assert.equal(await open(), '2');
  await until('2 is confirmed', () => device.output.includes('2.0.0 (2) is confirmed'), () => device.output);
  const third = type(blocks[3]);
  await until('3 runs', () => /3\.0\.0 \(3\) runs/.test(device.output), () => device.output);
  assert.equal(await open(), '3');
  await until('3 is rolled back', () => device.output.includes('3.0.0 (3) is rolled back: it never said that it works'), () => device.output);
  await third;
  assert.equal(await open(), '2');
});
