// The figures as a page, with the geometric means that the claims are about.
const peers = ['full', 'capgo', 'bsdiff', 'xdelta3', 'zstd'];
const mean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

// A release that any tool brings over in next to nothing says nothing about a tool.
const trivialBytes = 2000;
export const isTrivial = ({ methods }) => Math.min(...['bsdiff', 'xdelta3', 'zstd'].map((peer) => methods[peer].bytes)) < trivialBytes;

function row({ name, kind, bytes, files, methods }) {
  const ours = methods.latchkey;
  const cells = peers.map((peer) => (methods[peer] ? `${methods[peer].bytes} (${(methods[peer].bytes / ours.bytes).toFixed(1)}x)` : ''));
  const apply = ['latchkey', 'bsdiff', 'zstd'].map((one) => (methods[one] ? `${methods[one].apply.seconds.toFixed(2)} (${methods[one].apply.cpu_seconds.toFixed(2)})` : '')).join(' / ');
  const create = ['latchkey', 'bsdiff', 'zstd'].map((one) => methods[one]?.create.seconds.toFixed(1) ?? '').join(' / ');
  return `| ${name} (${kind}) | ${(bytes / 1e6).toFixed(1)} / ${files} | **${ours.bytes}** | ${cells.join(' | ')} | ${create} | ${apply} | ${(ours.apply.peak_kib / 1024).toFixed(0)} |`;
}

function means(figures) {
  const compared = figures.filter(({ methods }) => methods.bsdiff);
  const telling = compared.filter((figure) => !isTrivial(figure));
  if (telling.length === 0) return '';
  const against = (list, peer) => mean(list.map(({ methods }) => methods[peer].bytes / methods.latchkey.bytes)).toFixed(2);
  const best = compared.filter(({ methods }) => peers.every((peer) => methods.latchkey.bytes < methods[peer].bytes)).length;
  return `
How many times smaller than each, geometric mean: over the ${telling.length} pairs for which no peer needs less than ${trivialBytes} bytes / over all ${compared.length}.

| ${peers.join(' | ')} |
|${'---|'.repeat(peers.length)}
| ${peers.map((peer) => `${against(telling, peer)} / ${against(compared, peer)}`).join(' | ')} |

Smallest of all on ${best} of ${compared.length} pairs.
`;
}

export function updatesPage(figures, machine) {
  return `# Patches of real releases

\`./dev bench updates\`, ${machine.cores} cores of ${machine.cpu}, load ${machine.load} when it ended, ${machine.zstd}. Bytes, and in brackets how many times ours.
Seconds are wall-clock, in brackets those of a processor; applying is the best of three and writes every file. Memory: by how much the process grew, MiB. Every result was
compared with the release byte for byte.

| release | MB / files | Latchkey | full Brotli | Capgo's way | bsdiff | xdelta3 | zstd --patch-from | create s: ours / bsdiff / zstd | apply s | apply MiB |
|---|---|---|---|---|---|---|---|---|---|---|
${figures.map(row).join('\n')}
${means(figures)}`;
}
