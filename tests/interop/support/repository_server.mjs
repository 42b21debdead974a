// A static web server for update repositories, and the ways one can go wrong.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';

// `serving.folder` may change while it runs; `serving.next`: how a root that is not there is answered.
export async function serve(t) {
  const serving = { folder: '', next: 'plain', requests: [] };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://x').pathname);
    serving.requests.push(path);
    const file = join(serving.folder, normalize(path));
    if (existsSync(file) && statSync(file).isFile()) return createReadStream(file).pipe(response.writeHead(200));
    if (path.endsWith('.root.json') && serving.next === 'spa') return response.writeHead(200).end('<!doctype html><title>app</title>');
    if (path.endsWith('.root.json') && serving.next === 'failing') return response.writeHead(500).end();
    return response.writeHead(serving.next === 'forbidding' ? 403 : 404).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => { server.closeAllConnections(); server.close(); });
  return Object.assign(serving, { base: `http://127.0.0.1:${server.address().port}` });
}
