// tuf_device.mjs BASE STATE TARGET: one check of a device that keeps what it knows in the folder STATE, by tuf-js. Fails as it does.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { Updater } = createRequire(join(import.meta.dirname, '../interop/package.json'))('tuf-js');
const [base, state, target] = process.argv.slice(2);
mkdirSync(join(state, 'targets'), { recursive: true });
const updater = new Updater({ metadataDir: state, metadataBaseUrl: `${base}/metadata`, targetDir: join(state, 'targets'), targetBaseUrl: `${base}/targets`,
  config: { fetchRetries: 0, fetchRetry: 0, fetchTimeout: 10_000 } });
await updater.refresh();
const info = await updater.getTargetInfo(target);
if (!info) throw new Error(`nobody signed ${target}`);
console.log(readFileSync(await updater.downloadTarget(info), 'utf8'));
