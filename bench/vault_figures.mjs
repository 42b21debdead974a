// Runs vault_bench on a real disk, in a session of its own with a fresh gnome-keyring, and passes its figures on.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { opensslBytesPerSecond } from './measure.mjs';

const build = join(dirname(fileURLToPath(import.meta.url)), '../build');
const place = join(build, 'bench');

export function vaultVersions() {
  mkdirSync(place, { recursive: true });
  const packages = ['libsqlite3-0', 'libsqlcipher0', 'gnome-keyring'];
  const found = execFileSync('dpkg-query', ['-W', '-f', '${Package} ${Version}\n', ...packages], { encoding: 'utf8' });
  const fileSystem = execFileSync('df', ['--output=fstype', place], { encoding: 'utf8' }).trim().split('\n')[1];
  return { ...Object.fromEntries(found.trim().split('\n').map((line) => line.split(' '))), 'file system': fileSystem };
}

// One core at most does the work, so `openssl speed` of one core is the ceiling.
function ceilings() {
  const microseconds = (1024 / opensslBytesPerSecond('aes-256-gcm', 1024)) * 1e6;
  const perSecond = opensslBytesPerSecond('aes-256-gcm', 200) / 200;
  const ceiling = (of, value) => ({ name: `openssl speed aes-256-gcm of ${of}`, value });
  return { 'vault: get 1 KiB of 1,000: p50': ceiling('1 KiB', microseconds), 'vault: import of 100,000 records': ceiling('200 B', perSecond) };
}

export function measureVault(report) {
  mkdirSync(place, { recursive: true });
  const home = mkdtempSync(join(place, 'home-'));
  const env = { PATH: process.env.PATH, HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home, PLACE: place, PROGRAM: join(build, 'release/bin/vault_bench') };
  const session = 'printf %s keyring-password | gnome-keyring-daemon --unlock --components=secrets > /dev/null 2>&1; exec "$PROGRAM" --folder "$PLACE"';
  try {
    const references = ceilings();
    const output = execFileSync('dbus-run-session', ['--', 'sh', '-c', session], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    for (const line of output.trim().split('\n')) {
      const { name, value, unit, peer, note } = JSON.parse(line);
      report(name, value, unit, { peer, note, reference: references[name] });
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
