import type { RecordKey, RegistryRecord } from './records.ts';

const key = <K extends RecordKey['kind']>(kind: K, pk: string, sk: string): RecordKey<K> => ({
  kind,
  pk,
  sk,
});

/** The table's key of each kind of item (docs/storage.md). */
export const keys: {
  readonly token: (tokenId: string) => RecordKey<'token'>;
  readonly version: (keyId: string) => RecordKey<'version'>;
  readonly intent: (tokenId: string, versionId: string) => RecordKey<'intent'>;
  readonly secret: (arn: string) => RecordKey<'secret'>;
  readonly pepper: (version: number) => RecordKey<'pepper'>;
  readonly request: (principal: string, idempotencyKey: string) => RecordKey<'request'>;
  readonly event: (account: string, eventId: string) => RecordKey<'event'>;
  readonly profile: (credential: string) => RecordKey<'profile'>;
  readonly habits: (subject: string) => RecordKey<'habits'>;
  readonly breaker: (scope: string, windowStart: number) => RecordKey<'breaker'>;
  readonly incident: (incidentId: string) => RecordKey<'incident'>;
  readonly quarantine: (userArn: string) => RecordKey<'quarantine'>;
} = {
  token: (tokenId) => key('token', `TOKEN#${tokenId}`, 'META'),
  version: (keyId) => key('version', `KEY#${keyId}`, 'KEY'),
  intent: (tokenId, versionId) => key('intent', `TOKEN#${tokenId}`, `INTENT#${versionId}`),
  secret: (arn) => key('secret', `SECRET#${arn}`, 'SECRET'),
  pepper: (version) => key('pepper', `PEPPER#${version}`, 'PEPPER'),
  request: (principal, idempotencyKey) => key('request', `REQUEST#${principal}#${idempotencyKey}`, 'REQUEST'),
  event: (account, eventId) => key('event', `EVENT#${account}#${eventId}`, 'EVENT'),
  profile: (credential) => key('profile', `PROFILE#${credential}`, 'PROFILE'),
  habits: (subject) => key('habits', `HABITS#${subject}`, 'HABITS'),
  breaker: (scope, windowStart) => key('breaker', `BREAKER#${scope}#${windowStart}`, 'BREAKER'),
  incident: (incidentId) => key('incident', `INCIDENT#${incidentId}`, 'INCIDENT'),
  quarantine: (userArn) => key('quarantine', `QUARANTINE#${userArn}`, 'QUARANTINE'),
};

/** The key under which a record is stored. */
export function keyOf(record: RegistryRecord): RecordKey {
  switch (record.kind) {
    case 'token':
      return keys.token(record.tokenId);
    case 'version':
      return keys.version(record.keyId);
    case 'intent':
      return keys.intent(record.tokenId, record.versionId);
    case 'secret':
      return keys.secret(record.secretArn);
    case 'pepper':
      return keys.pepper(record.version);
    case 'request':
      return keys.request(record.principal, record.idempotencyKey);
    case 'event':
      return keys.event(record.account, record.eventId);
    case 'profile':
      return keys.profile(record.credential);
    case 'habits':
      return keys.habits(record.subject);
    case 'breaker':
      return keys.breaker(record.scope, record.windowStart);
    case 'incident':
      return keys.incident(record.incidentId);
    case 'quarantine':
      return keys.quarantine(record.userArn);
  }
}
