// The user with a browser: signs in at the address given and follows the redirect back to the app. Stands in for xdg-open.
import { UserAgent } from '../interop/support/user_agent.mjs';

const [url, name, password] = process.argv.slice(2);
const agent = new UserAgent();
let page = await agent.open(url);
for (let steps = 0; steps < 4 && !page.url.includes('/callback?'); steps += 1)
  page = await agent.submit(page, (field) => (field.type === 'password' ? password : field.name === 'login_name' ? name : undefined));
