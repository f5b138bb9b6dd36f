import { parseArgs } from 'node:util';
import type { ArgsDef } from 'citty';
import { isKeyId, TOKEN_PREFIX } from '#core/token/format.ts';
import type { Where } from './deployment.ts';
import { CliError } from './fault.ts';

/** The options of every verb. */
export const COMMON = {
  env: { type: 'string', default: 'dev', valueHint: 'name', description: 'Which deployment' },
  region: {
    type: 'string',
    valueHint: 'region',
    description: 'AWS region; otherwise AWS_REGION or the profile says',
  },
  profile: { type: 'string', valueHint: 'name', description: 'AWS profile; otherwise AWS_PROFILE' },
  json: { type: 'boolean', default: false, description: 'Print JSON on stdout' },
} as const;

const WHOLE_TOKEN = new RegExp(`${TOKEN_PREFIX}_[A-Za-z0-9]+_[A-Za-z0-9]+_[A-Za-z0-9]`);

/** The values of {@link COMMON} and the like, as parsed. */
export type Values = Readonly<Record<string, string | boolean | readonly string[] | number | undefined>>;

/**
 * Refuses what is not declared: a mistyped `--dry-run` that were passed over would be an order carried out.
 * `many`: the last positional may be repeated.
 *
 * @throws CliError `usage`
 */
export function demandKnown(rawArgs: readonly string[], defs: ArgsDef, many = false): void {
  const named = Object.entries(defs).filter(([, def]) => def.type !== 'positional');
  const options = Object.fromEntries(
    named.map(([name, def]) => [
      name,
      { type: def.type === 'boolean' ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const most = Object.keys(defs).length - named.length;
  let positionals: string[];
  try {
    ({ positionals } = parseArgs({
      args: [...rawArgs],
      options,
      allowPositionals: true,
      allowNegative: true,
    }));
  } catch (fault) {
    const said = fault instanceof Error ? (fault.message.split(/[.\n]/)[0] ?? '') : '';
    throw new CliError('usage', `${said}: see --help`, { cause: fault });
  }
  if (!many && positionals.length > most) {
    throw new CliError(
      'usage',
      `${positionals.length} arguments where ${most} is the most: quote what has spaces, see --help`,
    );
  }
}

/** The deployment that the options name. */
export function whereOf(values: Values): Where {
  const environment = textOf(values, 'env') ?? 'dev';
  if (!/^[a-z0-9]{2,12}$/.test(environment)) {
    throw new CliError('usage', '--env takes 2 to 12 lower-case letters and digits, as deployed');
  }
  const [region, profile, apiUrl] = ['region', 'profile', 'api-url'].map((name) => textOf(values, name));
  if (apiUrl !== undefined && !/^https?:\/\//.test(apiUrl)) {
    throw new CliError('usage', '--api-url takes an address that starts with https://');
  }
  return {
    environment,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(apiUrl === undefined ? {} : { apiUrl }),
  };
}

/** An option's text; `undefined` when it was not given. */
export function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  if (value === '')
    throw new CliError('usage', `${name.length > 2 ? `--${name}` : name} has no value: see --help`);
  return typeof value === 'string' ? value : undefined;
}

/** A token id as typed, or a keyId where one is taken for it. */
export function tokenIdOf(text: string): string {
  if (!/^[a-z0-9][a-z0-9-]{1,63}$/.test(text) && !isKeyId(text)) {
    throw new CliError(
      'usage',
      'a token id has 2 to 64 lower-case letters, digits and dashes: `tokenward list` shows all',
    );
  }
  return text;
}

/** A keyId as typed. */
export function keyIdOf(text: string): string {
  if (!isKeyId(text)) {
    throw new CliError(
      'usage',
      'a keyId is the 16 characters between the second and the third underscore of the token',
    );
  }
  return text;
}

/**
 * Refuses a whole token anywhere on the command line, without repeating it: a reason is kept in the audit for ever.
 *
 * @throws CliError `usage`
 */
export function demandNoToken(text: string): void {
  if (!WHOLE_TOKEN.test(text)) return;
  throw new CliError(
    'usage',
    'a whole token stands on the command line: give only the 16 characters after its second underscore (revoke --key), and treat it as leaked, since your shell remembers it',
  );
}

/** An option that is a time, in the form that records have; `undefined` when it was not given. */
export function timeOf(values: Values, name: string): string | undefined {
  const text = textOf(values, name);
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) {
    throw new CliError('usage', `--${name} takes a time in ISO 8601, such as 2026-11-24T08:00:00Z`);
  }
  return new Date(at).toISOString();
}
