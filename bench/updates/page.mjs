// The figures as a page, with the geometric means that the claims are about, and whether each target of issue 4 is met.
const peers = ['full', 'capgo', 'bsdiff', 'xdelta3', 'zstd'];
const mean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

// A release that any tool brings over in next to nothing says nothing about a tool.
const trivialBytes = 2000;
export const isTrivial = ({ methods }) => Math.min(...['bsdiff', 'xdelta3', 'zstd'].map((peer) => methods[peer].bytes)) < trivialBytes;

const isCompared = ({ methods }) => peers.every((peer) => methods[peer]);
const ratio = ({ methods }, peer) => methods[peer].bytes / methods.latchkey.bytes;
const seconds = (one, digits) => `${one.seconds.toFixed(digits)} (${one.cpu_seconds.toFixed(digits)})`;

function row(figure) {
  const { name, kind, bytes, files, methods } = figure;
  const ours = methods.latchkey;
  const cells = peers.map((peer) => (methods[peer] ? `${methods[peer].bytes} (${ratio(figure, peer).toFixed(1)}x)` : ''));
  const all = (step, digits) => ['latchkey', 'bsdiff', 'zstd'].map((one) => (methods[one] ? seconds(methods[one][step], digits) : '')).join(' / ');
  return `| ${name} (${kind}) | ${(bytes / 1e6).toFixed(1)} / ${files} | **${ours.bytes}** | ${cells.join(' | ')} | ${all('create', 1)} | ${all('apply', 2)} | ${(ours.apply.peak_kib / 1024).toFixed(0)} |`;
}

function means(figures) {
  const compared = figures.filter(isCompared);
  const telling = compared.filter((figure) => !isTrivial(figure));
  const against = (list, peer) => (list.length === 0 ? '-' : mean(list.map((figure) => ratio(figure, peer))).toFixed(2));
  return `
How many times smaller than each, geometric mean: over the ${telling.length} pairs for which no peer needs less than ${trivialBytes} bytes / over all ${compared.length}.

| ${peers.join(' | ')} |
|${'---|'.repeat(peers.length)}
| ${peers.map((peer) => `${against(telling, peer)} / ${against(compared, peer)}`).join(' | ')} |
`;
}

// Each: what, the figure as text, and whether it is enough.
function targetsOf(figures) {
  const compared = figures.filter(isCompared);
  const telling = compared.filter((figure) => !isTrivial(figure));
  const targets = [];
  for (const [peer, name, least] of [['bsdiff', 'bsdiff', 3], ['zstd', 'zstd --patch-from', 3], ['capgo', "Capgo's way", 20]]) {
    if (telling.length === 0) continue;
    const times = mean(telling.map((figure) => ratio(figure, peer)));
    targets.push([`smaller than ${name}, geometric mean of ${telling.length} pairs: >= ${least}x`, `${times.toFixed(2)}x`, times >= least]);
  }
  if (compared.length > 0) {
    const best = compared.filter((figure) => peers.every((peer) => ratio(figure, peer) > 1)).length;
    targets.push(['smallest of all on every pair', `${best} of ${compared.length}`, best === compared.length]);
  }
  for (const { name, bytes, methods, pack } of figures.filter((figure) => figure.pack)) {
    const size = `${(bytes / 1e6).toFixed(0)} MB (${name})`;
    const { create, apply } = methods.latchkey;
    targets.push([`${size} applied: <= 0.3 s`, `${apply.seconds.toFixed(3)} s`, apply.seconds <= 0.3]);
    targets.push([`${size} made: <= 10 s`, `${create.seconds.toFixed(1)} s`, create.seconds <= 10]);
    targets.push([`the same by the command, with the full bundle, sealed and signed (\`latchkey bundle pack\`): <= 10 s`,
      `${pack.seconds.toFixed(1)} s (${pack.cpu_seconds.toFixed(1)} of a processor)`, pack.seconds <= 10]);
  }
  return targets;
}

function targetsPage(figures) {
  const targets = targetsOf(figures);
  return targets.length === 0 ? '' : `
| target | figure | |
|---|---|---|
${targets.map(([what, figure, isMet]) => `| ${what} | ${figure} | ${isMet ? 'met' : '**missed**'} |`).join('\n')}
`;
}

export function updatesPage(figures, machine) {
  const versions = machine.peers.length === 0 ? 'without the peers' : machine.peers.join(', ');
  return `# Patches of real releases

\`${machine.command}\` at ${machine.commit}, ${machine.cores} cores of ${machine.cpu}, load ${machine.load} when it ended after ${machine.minutes} minutes, files on ${machine.fileSystem}; ${versions}. Bytes, and in brackets how
many times ours. Seconds are wall-clock, in brackets those of a processor; ours is made and applied alone, the peers' patches are made ${machine.cores} at a time and applied alone. Applying is the
best of three and writes every file. Memory: by how much the process grew, MiB. Every result was compared with the release byte for byte.
\`latchkey bundle pack\` opens key files of work factor 10; those of the default, 18, are meant to be slow and cost some three seconds of a processor more.
${targetsPage(figures)}
| release | MB / files | Latchkey | full Brotli | Capgo's way | bsdiff | xdelta3 | zstd --patch-from | create s: ours / bsdiff / zstd | apply s: the same | apply MiB |
|---|---|---|---|---|---|---|---|---|---|---|
${figures.map(row).join('\n')}
${figures.some(isCompared) ? means(figures) : ''}`;
}
