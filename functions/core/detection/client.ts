/** AWS's own agents, seen where a service calls on somebody's behalf: no evidence about a client. */
const SERVICE = /(?:\.amazonaws\.com|^aws-internal\b.*|^AWS Internal)$/i;

/** Tools that exist to look for credentials or to use stolen ones. */
const ATTACK_TOOL =
  /\b(?:pacu|trufflehog|gitleaks|cloudfox|peirates|nuclei|nmap|enumerate-iam|weirdaal|cloudgoat|sqlmap|metasploit)\b/i;

/** Distributions for attack, as they name themselves in an agent's kernel or OS part. */
const ATTACK_SYSTEM = /\b(?:kali|parrot|pentoo|blackarch)\b/i;

const TOOL: readonly (readonly [RegExp, string])[] = [
  [/terraform/i, 'terraform'],
  [/pulumi/i, 'pulumi'],
  [/^aws-cli\//i, 'aws-cli'],
  [/^boto3\/|^botocore\//i, 'boto3'],
  [/^aws-sdk-(?:js|nodejs)/i, 'aws-sdk-js'],
  [/^aws-sdk-java/i, 'aws-sdk-java'],
  [/^aws-sdk-go/i, 'aws-sdk-go'],
  [/^mozilla\//i, 'browser'],
];

const SYSTEM: readonly (readonly [RegExp, string])[] = [
  [/exec-env\/AWS_Lambda/i, 'lambda'],
  [/\bwindows(?:\b|_)/i, 'windows'],
  [/\bmac ?os\b|\bdarwin\b|\bmacintosh\b/i, 'macos'],
  [/\blinux\b/i, 'linux'],
];

const LANGUAGE: readonly (readonly [RegExp, string])[] = [
  [/lang\/python|\bpython\//i, 'python'],
  [/lang\/js|\bnodejs\b|\bnode\.js\b|md\/nodejs/i, 'js'],
  [/lang\/go|\bgo1\.|\(go1/i, 'go'],
  [/lang\/java|\bjava\//i, 'java'],
  [/lang\/ruby|\bruby\//i, 'ruby'],
  [/lang\/rust|\brust\//i, 'rust'],
  [/lang\/php|\bphp\//i, 'php'],
  [/\.net|lang\/csharp/i, 'dotnet'],
];

const pick = (text: string, table: readonly (readonly [RegExp, string])[]): string =>
  table.find(([pattern]) => pattern.test(text))?.[1] ?? '';

/**
 * The family of a user agent: tool, system and language, without versions, which change with every release. A tool
 * made for attack leads with `attack:`. An agent can be forged: a known one exonerates nobody.
 *
 * @example clientFamily('aws-cli/2.17.32 md/awscrt#0.21 os/linux#6.1 lang/python#3.11') // 'aws-cli/linux/python'
 */
export function clientFamily(userAgent: string): string {
  const text = userAgent.slice(0, 512).replace(/^\[|\]$/g, '');
  if (text === '' || SERVICE.test(text)) return '';
  const tool = pick(text, TOOL) || (/^[A-Za-z][A-Za-z-]*/.exec(text)?.[0] ?? 'other').toLowerCase();
  const family = [tool, pick(text, SYSTEM), pick(text, LANGUAGE)].filter((part) => part !== '').join('/');
  const attack = ATTACK_TOOL.exec(text)?.[0] ?? ATTACK_SYSTEM.exec(text)?.[0];
  return attack === undefined ? family : `attack:${attack.toLowerCase()}/${family}`;
}
