import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Opens the page of a bundle in headless Chromium as a person would, at the widths of a desk and of a phone and on
 * paper, and fails on anything on the console, any request but the page itself, and anything wider than the window.
 * `npm run look -- <bundle> [<folder for screenshots>]`; CHROMIUM names the browser. @default chromium
 */
const [bundle = 'dist/evidence', shots = join(bundle, '..', 'evidence-look')] = process.argv.slice(2);
const page = pathToFileURL(resolve(bundle, 'index.html')).href;
const profile = await mkdtemp(join(tmpdir(), 'tokenward-look-'));
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
  `--user-data-dir=${profile}`,
];

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, never>;
  readonly result?: Record<string, never>;
}

/** One page of the browser, spoken to by the DevTools protocol. */
interface Tab {
  send(method: string, params?: object): Promise<Record<string, never>>;
  readonly heard: Message[];
  close(): void;
}

function listen(browser: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((found, lost) => {
    let said = '';
    browser.once('error', () => lost(new Error('no Chromium on the path: install it, or set CHROMIUM')));
    browser.once('exit', () => lost(new Error(`Chromium ended: ${said.slice(-400)}`)));
    browser.stderr?.on('data', (some: Buffer) => {
      said += some.toString();
      const [, address] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (address !== undefined) found(address);
    });
  });
}

async function open(address: string): Promise<Tab> {
  const { port } = new URL(address);
  const made = await fetch(`http://127.0.0.1:${port}/json/new?about:blank`, { method: 'PUT' });
  const { webSocketDebuggerUrl } = (await made.json()) as { webSocketDebuggerUrl: string };
  const socket = new WebSocket(webSocketDebuggerUrl);
  await new Promise((opened) => socket.addEventListener('open', opened, { once: true }));
  const waiting = new Map<number, (result: Record<string, never>) => void>();
  const heard: Message[] = [];
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id === undefined) heard.push(message);
    else waiting.get(message.id)?.(message.result ?? {});
  });
  return {
    heard,
    close: () => socket.close(),
    send: (method, params = {}) =>
      new Promise((answered) => {
        last++;
        waiting.set(last, answered);
        socket.send(JSON.stringify({ id: last, method, params }));
      }),
  };
}

const problems: string[] = [];

/** Loads the page at a width and keeps a picture of it; `open`: with every detail open. */
async function look(tab: Tab, name: string, width: number, all: boolean): Promise<void> {
  await tab.send('Emulation.setDeviceMetricsOverride', {
    width,
    height: 1_000,
    deviceScaleFactor: 1,
    mobile: false,
  });
  await tab.send('Page.navigate', { url: page });
  while (!tab.heard.some(({ method }) => method === 'Page.loadEventFired'))
    await new Promise((wake) => setTimeout(wake, 20));
  tab.heard.splice(
    0,
    tab.heard.length,
    ...tab.heard.filter(({ method }) => method !== 'Page.loadEventFired'),
  );
  const script = `for (const one of document.querySelectorAll('details')) one.open = ${all};
    JSON.stringify({ controls: document.querySelectorAll('details.control').length,
      wide: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight })`;
  const { result } = await tab.send('Runtime.evaluate', { expression: script, returnByValue: true });
  const { controls, wide, height } = JSON.parse((result as unknown as { value: string }).value) as Record<
    string,
    number
  >;
  if (!((controls ?? 0) > 50)) problems.push(`${name}: ${controls} controls`);
  if ((wide ?? 0) > width) problems.push(`${name}: ${wide} wide in a window of ${width}`);
  const clip = { x: 0, y: 0, width, height: Math.min(height ?? 0, 12_000), scale: 1 };
  const { data } = await tab.send('Page.captureScreenshot', {
    format: 'png',
    captureBeyondViewport: true,
    clip,
  });
  await writeFile(join(shots, `${name}.png`), Buffer.from(data ?? '', 'base64'));
  console.log(`${name}: ${width} wide, ${height} high, ${controls} controls`);
}

const browser = spawn(process.env.CHROMIUM ?? 'chromium', FLAGS, { stdio: ['ignore', 'ignore', 'pipe'] });
try {
  const tab = await open(await listen(browser));
  await mkdir(shots, { recursive: true });
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await tab.send(`${domain}.enable`);
  await look(tab, 'desk', 1_280, false);
  await look(tab, 'desk-open', 1_280, true);
  await look(tab, 'phone', 390, false);
  const { data } = await tab.send('Page.printToPDF', { preferCSSPageSize: true, printBackground: true });
  await writeFile(join(shots, 'paper.pdf'), Buffer.from(data ?? '', 'base64'));
  for (const { method, params } of tab.heard) {
    if (
      method === 'Runtime.consoleAPICalled' ||
      method === 'Runtime.exceptionThrown' ||
      method === 'Log.entryAdded'
    ) {
      problems.push(`console: ${JSON.stringify(params).slice(0, 300)}`);
    }
    const { url } = (params?.request ?? {}) as { url?: string };
    if (method === 'Network.requestWillBeSent' && url !== page && url !== 'data:,')
      problems.push(`request: ${url}`);
  }
  tab.close();
} finally {
  browser.removeAllListeners('exit');
  const ended = new Promise((done) => browser.once('exit', done));
  browser.kill();
  await ended;
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}
for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0
    ? `nothing on the console, no request; pictures in ${shots}`
    : `${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
