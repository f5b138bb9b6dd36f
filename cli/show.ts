import { keys } from '#core/keys.ts';
import type { IntentRecord, ProfileRecord, TokenRecord } from '#core/records.ts';
import { isKeyId } from '#core/token/format.ts';
import { textOf, tokenIdOf, type Values, whereOf } from './arguments.ts';
import type { RegistryReads } from './deployment.ts';
import { CliError, EXIT, type ExitCode } from './fault.ts';
import { facts, json, table, time, timeFrom } from './print.ts';
import type { Session } from './session.ts';
import { intentView, profileView, tokenView, versionView } from './view.ts';

/** One token by its id or by the keyId of any of its versions, with its open rotations and how it is used. */
export async function show(values: Values, session: Session): Promise<ExitCode> {
  const id = tokenIdOf(textOf(values, 'id') ?? '');
  const registry = await session.connect(whereOf(values)).registry();
  const token = await find(id, registry);
  if (token === undefined) return showLone(id, registry, values, session);
  const intents = await registry.intents(token.tokenId);
  const profile = await registry.get(keys.profile(`token:${token.tokenId}`));
  if (values.json === true) {
    const usage = profile === undefined ? {} : { usage: profileView(profile) };
    session.out(json({ ...tokenView(token), rotations: intents.map(intentView), ...usage }));
  } else {
    print(token, intents, profile, session);
  }
  return EXIT.done;
}

async function find(id: string, registry: RegistryReads): Promise<TokenRecord | undefined> {
  const token = await registry.get(keys.token(id));
  if (token !== undefined || !isKeyId(id)) return token;
  const version = await registry.get(keys.version(id));
  return version === undefined ? undefined : registry.get(keys.token(version.fields.tokenId));
}

async function showLone(
  id: string,
  registry: RegistryReads,
  values: Values,
  session: Session,
): Promise<ExitCode> {
  const version = isKeyId(id) ? await registry.get(keys.version(id)) : undefined;
  if (version === undefined)
    throw new CliError('refused', `no token or keyId ${id}: \`tokenward list\` shows all`);
  const view = versionView(version);
  session.out(
    values.json === true
      ? json(view)
      : facts(Object.entries(view).map(([name, value]) => [name, plain(value)])),
  );
  return EXIT.done;
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function print(
  token: TokenRecord,
  intents: readonly IntentRecord[],
  profile: ProfileRecord | undefined,
  session: Session,
): void {
  const now = session.now();
  const { fields, suspension, revocation, reissue, removal, nudge } = token;
  session.out(
    facts([
      ['token', `${token.tokenId} (${token.class}${token.canary ? ', canary' : ''})`],
      ['standing', token.standing],
      [
        'suspended',
        suspension &&
          `${time(suspension.at)} by ${suspension.actor.id}, ${suspension.incidentId}: ${suspension.reason}`,
      ],
      ['until', suspension?.until === undefined ? undefined : timeFrom(suspension.until, now)],
      [
        'revoked',
        revocation &&
          `${time(revocation.at)} by ${revocation.actor.id}, ${revocation.incidentId}: ${revocation.reason}`,
      ],
      [
        'reissue',
        reissue && `asked for ${timeFrom(reissue.at, now)}, ${reissue.incidentId}; not promoted yet`,
      ],
      ['rotation', nudge && `late; the sweep asked ${nudge.count} times, last ${timeFrom(nudge.at, now)}`],
      [
        'removal',
        removal &&
          `suspended ${timeFrom(removal.suspendAt, now)}, revoked ${timeFrom(removal.revokeAt, now)}`,
      ],
      ['principal', `${fields.principal.arn} ${fields.principal.uniqueId ?? ''}`.trim()],
      ['scopes', `${fields.scopes.join(' ')} on ${fields.audience}`],
      ['networks', fields.networks.join(', ') || 'any'],
      ['readers', token.readers.join(', ') || 'none'],
      ['owner', `${token.owner}, approved by ${token.approver} (${token.changeReference})`],
      ['purpose', token.purpose],
      ['criticality', token.criticality],
      ['secret', token.secretArn],
      [
        'used',
        profile &&
          `last ${timeFrom(profile.lastUsedAt, now)}, ${profile.uses} times, ${profile.denials} refused`,
      ],
      ['from', profile && (Object.keys(profile.networks).join(', ') || undefined)],
    ]),
  );
  const rows = token.versions.map(({ keyId, versionId, state, createdAt, expiresAt }) => [
    keyId,
    state,
    time(createdAt),
    timeFrom(expiresAt, now),
    versionId,
  ]);
  session.out(table(session, ['KEYID', 'STATE', 'CREATED', 'EXPIRES', 'SECRET VERSION'], rows));
  for (const intent of intents) {
    session.out(
      `open rotation ${intent.versionId}: ${intent.state} since ${timeFrom(intent.startedAt, now)}`,
    );
  }
}
