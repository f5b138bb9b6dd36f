import type { Random } from './random.ts';
import type { Client } from './record.ts';
import type { Timeline } from './timeline.ts';

/**
 * The families, as bindings name them: the first product of the user agent before its slash, in lower case; for
 * Terraform, whose user agent begins with its vendor's, `terraform`.
 */
export type Family =
  | 'aws-sdk-java'
  | 'boto3'
  | 'aws-sdk-go-v2'
  | 'aws-sdk-js'
  | 'aws-cli'
  | 'aws-sdk-dotnet-coreclr'
  | 'aws-sdk-rust'
  | 'aws-sdk-php'
  | 'terraform';

/** Where the software runs: it shows in the user agent. */
export type Host = 'linux' | 'container' | 'lambda' | 'mac' | 'windows' | 'wsl' | 'runner';

/** One installation: its family, host and the versions of language and kernel, which live longer than the SDK's. */
export interface Install {
  readonly family: Family;
  readonly host: Host;
  readonly kernel: string;
  readonly language: string;
  readonly arch: string;
  readonly minor: number;
  readonly tls: Client['tls'];
}

export const SERVICE_FAMILIES: readonly (readonly [Family, number])[] = [
  ['aws-sdk-java', 30],
  ['boto3', 24],
  ['aws-sdk-go-v2', 18],
  ['aws-sdk-js', 16],
  ['aws-sdk-dotnet-coreclr', 6],
  ['aws-sdk-rust', 3],
  ['aws-sdk-php', 3],
];

const KERNEL: Readonly<Record<Host, (random: Random) => string>> = {
  linux: (random) => `5.15.0-${random.int(90, 130)}-generic`,
  container: (random) => `6.1.${random.int(90, 150)}-${random.int(100, 170)}.amzn2023`,
  lambda: (random) => `5.10.${random.int(220, 245)}-${random.int(200, 260)}.amzn2`,
  mac: (random) => `24.${random.int(0, 6)}.0`,
  windows: (random) => `10.0.${random.pick([19045, 22631, 26100])}`,
  wsl: () => '5.15.167.4-microsoft-standard-WSL2',
  runner: (random) => `6.11.0-${random.int(1010, 1024)}-azure`,
};

const LANGUAGE: Readonly<Record<Family, (random: Random) => string>> = {
  'aws-sdk-java': (random) => random.pick(['17.0.12', '21.0.4', '21.0.8', '11.0.24']),
  boto3: (random) => random.pick(['3.9.18', '3.11.9', '3.12.3', '3.13.1']),
  'aws-sdk-go-v2': (random) => random.pick(['1.22.5', '1.23.1', '1.24.3']),
  'aws-sdk-js': (random) => random.pick(['20.18.0', '22.11.0', '24.4.1']),
  'aws-cli': (random) => random.pick(['3.11.9', '3.12.6', '3.13.4']),
  'aws-sdk-dotnet-coreclr': (random) => random.pick(['8.0.8', '9.0.1']),
  'aws-sdk-rust': (random) => random.pick(['1.81.0', '1.86.0']),
  'aws-sdk-php': (random) => random.pick(['8.2.20', '8.3.12']),
  terraform: (random) => random.pick(['1.23.3', '1.24.1']),
};

export function createInstall(random: Random, family: Family, host: Host): Install {
  const old = family === 'aws-sdk-java' && random.chance(0.3);
  return {
    family,
    host,
    kernel: KERNEL[host](random),
    language: LANGUAGE[family](random),
    arch: host === 'mac' || random.chance(0.3) ? 'aarch64' : 'x86_64',
    minor: random.int(10, 40),
    tls: old
      ? { version: 'TLSv1.2' }
      : { version: 'TLSv1.3', keyExchange: random.chance(0.3) ? 'X25519MLKEM768' : 'x25519' },
  };
}

/** The software after an update: a newer SDK, at times a newer kernel or language too. */
export function updated(install: Install, random: Random): Install {
  return {
    ...install,
    minor: install.minor + random.int(1, 6),
    kernel: random.chance(0.4) ? KERNEL[install.host](random) : install.kernel,
    language: random.chance(0.15) ? LANGUAGE[install.family](random) : install.language,
  };
}

/** Updates at random times, some `meanMs` apart. */
export function updates(
  install: Install,
  from: number,
  to: number,
  meanMs: number,
  random: Random,
): Timeline<Client> {
  let now = install;
  const line = [{ from: Number.NEGATIVE_INFINITY, value: clientOf(now) }];
  for (let at = from + random.exponential(meanMs); at < to; at += random.exponential(meanMs)) {
    now = updated(now, random);
    line.push({ from: at, value: clientOf(now) });
  }
  return line;
}

export const clientOf = (install: Install): Client => ({
  userAgent: userAgentOf(install),
  tls: install.tls as NonNullable<Client['tls']>,
});

/** The user agent that this software sends, by the form of each SDK. */
function userAgentOf({ family, host, kernel, language, arch, minor }: Install): string {
  const os =
    host === 'mac' ? `macos#${kernel}` : host === 'windows' ? `windows#${kernel}` : `linux#${kernel}`;
  const run =
    host === 'lambda' ? ' exec-env/AWS_Lambda' : host === 'container' ? ' exec-env/AWS_ECS_FARGATE' : '';
  const goos = os.slice(0, os.indexOf('#')).replace('macos', 'darwin');
  switch (family) {
    case 'aws-sdk-java':
      return `aws-sdk-java/2.${minor}.${minor * 3} md/io#sync md/http#Apache ua/2.1 os/${os.replace('#', '/').replace('macos', 'Mac_OS_X')} lang/java#${language} md/OpenJDK_64-Bit_Server_VM#${language} md/vendor#Eclipse_Adoptium md/en${run} m/D`;
    case 'boto3':
      return `Boto3/1.${minor}.${minor * 2} md/Botocore#1.${minor}.${minor * 2} ua/2.1 os/${os} md/arch#${arch} lang/python#${language} md/pyimpl#CPython${run} cfg/retry-mode#legacy Botocore/1.${minor}.${minor * 2}`;
    case 'aws-sdk-go-v2':
      return `aws-sdk-go-v2/1.${minor}.3 os/${goos} lang/go#${language} md/GOOS#${goos} md/GOARCH#${arch === 'aarch64' ? 'arm64' : 'amd64'}${run} api/secretsmanager#1.${minor}.1`;
    case 'aws-sdk-js':
      return `aws-sdk-js/3.${minor * 20}.0 ua/2.1 os/${os} lang/js md/nodejs#${language}${run} api/secrets-manager#3.${minor * 20}.0 m/E`;
    case 'aws-cli':
      return `aws-cli/2.${minor}.${minor % 9} md/awscrt#0.2${minor % 9}.2 ua/2.1 os/${os} md/arch#${arch} lang/python#${language} md/pyimpl#CPython cfg/retry-mode#standard md/installer#${host === 'windows' ? 'exe' : 'source'} md/prompt#off`;
    case 'aws-sdk-dotnet-coreclr':
      return `aws-sdk-dotnet-coreclr/3.7.${minor * 10} ua/2.0 os/${os} md/ARCH#${arch} lang/.NET_Core#${language}${run} md/aws-sdk-dotnet-core#3.7.${minor * 10} cfg/retry-mode#legacy`;
    case 'aws-sdk-rust':
      return `aws-sdk-rust/1.${minor % 9}.${minor} ua/2.1 api/secretsmanager/1.${minor}.0 os/${goos} lang/rust/${language}${run}`;
    case 'aws-sdk-php':
      return `aws-sdk-php/3.3${minor}.0 ua/2.1 OS/Linux#${kernel} lang/php#${language} GuzzleHttp/7`;
    case 'terraform':
      return `APN/1.0 HashiCorp/1.0 Terraform/1.${minor % 13}.${minor % 7} (+https://www.terraform.io) terraform-provider-aws/5.${minor}.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.${minor}.0 ua/2.1 os/${goos} lang/go#${language} md/GOOS#${goos} md/GOARCH#amd64 api/secretsmanager#1.${minor}.0`;
  }
}

/** What a browser and the console's own backends send; none of it is a client that anybody chose. */
export const CONSOLE_AGENTS: readonly string[] = [
  'AWS Internal',
  'aws-internal/3 aws-sdk-java/1.12.770 Linux/5.10.225 OpenJDK_64-Bit_Server_VM/17.0.12 java/17.0.12',
  'secretsmanager.amazonaws.com',
];

export const BROWSERS: readonly string[] = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0',
  'Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0',
];
