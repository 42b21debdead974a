// docs/performance.md from the figures of one run.
import { isOfUpdates, updatesSection } from './update_figures.mjs';
import { isOfTheVault, vaultSection } from './vault_page.mjs';

const bars = { jwks: 40000, update_check: 100000, introspection: 25000, client_credentials_jwt: 12000, refresh_bearer_jwt: 8000, refresh_dpop_jwt: 4000 };
const ceilings = { rss_with_families: 120 };

function printBar({ name, value }) {
  const verdict = (isMet) => (isMet ? ' (met)' : ' (**missed**)');
  if (bars[name]) return `${bars[name]}${verdict(value >= bars[name])}`;
  return ceilings[name] ? `below ${ceilings[name]}${verdict(value < ceilings[name])}` : '';
}

// Memory has a bar of its own, not one against the peer.
function besidePeer({ unit, ratio, peer, peer_value: theirs }) {
  if (unit === 'MiB') return `${ratio}x less than ${peer} (${theirs})`;
  return `${ratio}x ${peer} (${theirs})${ratio < 4 ? ', **below the 4x bar**' : ''}`;
}

export function performancePage(figures, versions) {
  const rows = figures.filter((one) => !isOfTheVault(one) && !isOfUpdates(one)).map((one) => {
    const bar = printBar(one);
    const peer = one.peer ? besidePeer(one) : '';
    const reference = one.reference ? `${one.reference_ratio} of ${one.reference} (${one.reference_value})` : '';
    return `| ${one.name} | ${one.value} ${one.unit} | ${bar} | ${peer} | ${reference} | ${one.note ?? ''} |`;
  });
  const machine = Object.entries(versions).map(([name, value]) => `${name} ${value}`).join('; ');
  return `# Performance

Made by \`./dev bench --markdown docs/performance.md\`; machine-readable with \`--json FILE\`. Requests are counted per CPU-second that the
server process really used (user and system time of all its threads), median of the rounds, because machines are shared and wall-clock
figures swing. Server and load sit on different cores; latchkey and its peer take turns in one run. Plain HTTP on loopback, keep-alive,
16 connections; everything that is acknowledged is committed to SQLite with synchronous=FULL. Nothing in the tests asserts a time.

| figure | value | bar | beside | of | note |
|---|---|---|---|---|---|
${rows.join('\n')}

One run on: ${machine}.

How to read them: \`introspection\` asks about the same 64 tokens again and again, as gateways do within a token's five minutes:
their signatures are checked once, their revocation every time. \`refresh_dpop_jwt\` is the default for clients with a device key:
the refresh token is kept and only checked, so there is no write. Of its time, by \`perf record --call-graph dwarf\`, two thirds
go into three P-256 operations (the proof's check, two signatures), a tenth each into reading the family's row and sending the
answer. The SQLite writer's rows per second depend on the disk's fsync and on how busy the machine is; its CPU per row does not.
\`password_login\` has no peer: oidc-provider leaves passwords and their hashes to the program around it, so it stands beside the
bare hash instead.

${updatesSection(figures.filter(isOfUpdates))}
${vaultSection(figures.filter(isOfTheVault), versions['file system'])}`;
}
