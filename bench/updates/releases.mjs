// Releases from npm, through its own client, kept in a folder below build/ so that a second run fetches nothing.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isDropped } from './pairs.mjs';

export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true }).filter((path) => statSync(join(folder, path)).isFile()).sort();
}

// The folder of a release: its built files, without what no application ships.
export function release(cache, name, folder, version) {
  const place = join(cache, `${name.replace(/[@/]/g, '_')}-${version}`);
  if (existsSync(place)) return place;
  const work = `${place}.part`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const [packed] = JSON.parse(execFileSync('npm', ['pack', '--json', '--silent', `${name}@${version}`], { cwd: work, encoding: 'utf8' }));
  execFileSync('tar', ['xzf', packed.filename.replace(/^@/, '').replace('/', '-')], { cwd: work });
  console.error(`  fetched ${name} ${version}`);
  const unpacked = join(work, readdirSync(work).find((entry) => !entry.endsWith('.tgz')), folder);
  cpSync(unpacked, join(work, 'tree'), { recursive: true, filter: (path) => statSync(path).isDirectory() || !isDropped(relative(unpacked, path)) });
  renameSync(join(work, 'tree'), place);
  rmSync(work, { recursive: true });
  return place;
}
