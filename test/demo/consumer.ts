import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Credentials, getOrders, type Story, sleep } from './story.ts';

/** What a consumer went through. */
export interface Traffic {
  readonly calls: number;
  /** Requests that still failed after the consumer had asked the vault again. */
  readonly lost: number;
  readonly refetches: number;
}

/** A service with the recommended habit: it keeps its token, and on a refusal asks the vault again, once. */
export interface Consumer {
  /** The token it holds now. */
  token(): string;
  fetchToken(): Promise<string>;
  start(): void;
  stop(): Promise<Traffic>;
}

const PAUSE_MS = 40;
const RETRIES = 20;
const RETRY_AFTER_MS = 100;

export function createConsumer(story: Story, secretId: string, credentials: Credentials): Consumer {
  const { endpoint, region } = story.emulator;
  const vault = new SecretsManagerClient({ endpoint, region, credentials });
  let held = '';
  let running = false;
  let loop: Promise<void> = Promise.resolve();
  const traffic = { calls: 0, lost: 0, refetches: 0 };

  async function fetchToken(): Promise<string> {
    const { SecretString } = await vault.send(new GetSecretValueCommand({ SecretId: secretId }));
    held = story.secret((JSON.parse(SecretString ?? '{}') as { token: string }).token);
    return held;
  }

  async function call(): Promise<void> {
    traffic.calls++;
    if ((await getOrders(story, held)).status === 200) return;
    for (let attempt = 0; attempt < RETRIES; attempt++) {
      const before = held;
      traffic.refetches++;
      if ((await fetchToken()) !== before && (await getOrders(story, held)).status === 200) return;
      await sleep(RETRY_AFTER_MS);
    }
    traffic.lost++;
  }

  return {
    token: () => held,
    fetchToken,
    start() {
      running = true;
      Object.assign(traffic, { calls: 0, lost: 0, refetches: 0 });
      loop = (async () => {
        while (running) {
          await call();
          await sleep(PAUSE_MS);
        }
      })();
    },
    async stop() {
      running = false;
      await loop;
      return { ...traffic };
    },
  };
}
