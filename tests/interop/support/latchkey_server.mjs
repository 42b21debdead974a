// `latchkey serve` as its own process, with a user and the clients the tests need.
import { UserAgent } from './user_agent.mjs';
import { freePort, latchkey, run, start, temporaryFolder } from './process.mjs';

export const user = { name: 'ada@example.com', password: 'four words make a passphrase' };
export const redirect = 'http://127.0.0.1/callback'; // any port, RFC 8252 section 7.3

export async function startServer(t, { flags = [], prefix = [] } = {}) {
  const data = temporaryFolder();
  const port = await freePort();
  const admin = async (args, input) => {
    const done = await run(latchkey, [...args, '--data', data, '--json'], { input });
    if (done.code !== 0) throw new Error(`latchkey ${args.join(' ')} ended with ${done.code}: ${done.stdout}${done.stderr}`);
    return JSON.parse(done.stdout.trim().split('\n').at(-1));
  };
  await admin(['user', 'add', user.name, '--passcode-stdin'], user.password);
  const native = ['--redirect', redirect, '--post-logout-redirect', redirect, '--scope', 'openid offline_access profile'];
  const service = await admin(['client', 'add', 'service', '--confidential', '--grant', 'client_credentials', '--scope', 'api', '--introspect']);
  await admin(['client', 'add', 'bearer-app', ...native]);
  await admin(['client', 'add', 'app', ...native, '--dpop-bound']);

  const url = `http://127.0.0.1:${port}`;
  const launch = () => {
    const [program, ...args] = [...prefix, latchkey, 'serve', '--data', data, '--listen', `127.0.0.1:${port}`, ...flags];
    return start(t, program, args, /ready at/);
  };
  const server = { url, data, admin, serviceSecret: service.client_secret, child: await launch() };
  server.restart = async (signal) => {
    await server.child.stop(signal);
    server.child = await launch();
  };
  return server;
}

// Signs the user in on the page an authorization URL leads to; answers the URL the browser is sent back to.
export async function signIn(authorizationUrl, { agent = new UserAgent(), stop = 'http://127.0.0.1', password = user.password } = {}) {
  const own = new URL(authorizationUrl).origin;
  const back = (location) => location.startsWith(stop) && new URL(location).origin !== own;
  let page = await agent.open(String(authorizationUrl), { stop: back });
  for (let forms = 0; page.html && forms < 3; forms += 1) {
    const fill = (field) => (field.type === 'password' ? password : field.type === 'text' || field.type === 'email' ? user.name : undefined);
    page = await agent.submit(page, fill, { stop: back });
  }
  return new URL(page.url);
}
