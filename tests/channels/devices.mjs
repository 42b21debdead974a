// devices.mjs BASE APP CHANNEL RELEASE ROOT FIRST COUNT FAILED [KIND]: COUNT simulated devices, the FIRST of this number, report how
// they fare with a release: all activate it, the first FAILED of them roll back, the others become ready. Each signs with a key of its
// own and comes from a network of its own (127.x.y.0/24). KIND: replay (everything once more), forged (another key's signature), crowd (all
// of them from one address).
// Prints the answers as {"204":n,...}.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import http from 'node:http';

const [base, app, channel, release, root, first, count, failed, kind = 'honest'] = process.argv.slice(2);
const url = new URL(`${base}/updates/${app}/reports`);
const answers = {};
const at = `${new Date().toISOString().slice(0, 19)}Z`;

// Ed25519 from a seed, as PKCS#8 (RFC 8410).
const keyOf = (number) => createPrivateKey({ format: 'der', type: 'pkcs8',
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), createHash('sha256').update(`device ${number}`).digest()]) });
const addressOf = (number) => kind === 'crowd' ? '127.200.0.1' : `127.${1 + (number >> 8)}.${number & 255}.1`;

function post(body, localAddress) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', localAddress, agent: false, headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } },
      (response) => { response.resume(); response.on('end', () => resolve(response.statusCode)); });
    request.on('error', reject);
    request.end(body);
  });
}

async function report(number, event, nth) {
  const key = keyOf(number);
  const said = JSON.stringify({ _type: 'latchkey-report', app, at, channel, count: nth, device: { key: createPublicKey(key).export({ format: 'jwk' }).x },
    event, reason: event === 'rolled_back' ? 'crash' : '', release, root });
  const signer = kind === 'forged' ? keyOf(`not ${number}`) : key;
  const signature = sign(null, Buffer.from(`latchkey report v1\n${said}`), signer).toString('base64url');
  const status = await post(JSON.stringify({ report: Buffer.from(said).toString('base64url'), signature }), addressOf(number));
  answers[status] = (answers[status] ?? 0) + 1;
}

let next = Number(first);
const end = next + Number(count), bad = next + Number(failed);
async function work() {
  while (next < end) {
    const number = next++;
    for (const [i, event] of ['activated', number < bad ? 'rolled_back' : 'ready'].entries()) {
      await report(number, event, i + 1);
      if (kind === 'replay') await report(number, event, i + 1);
    }
  }
}
await Promise.all(Array.from({ length: 8 }, work));
console.log(JSON.stringify(answers));
