import type { Change } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import type { VersionRecord } from '#core/records.ts';
import { DEFAULT_POLICY, type ResponsePolicy } from '#core/response/policy.ts';
import { Secret } from '#core/secret.ts';
import { ensurePepper } from '#functions/apply/pepper.ts';
import type { Verifier } from '#functions/authorize/verifier.ts';
import { exchange, type Issued, issueReturnOnce } from '#functions/issue/clients.ts';
import { REGISTRAR } from '#functions/issue/ports.ts';
import { createApiTokenIssuer, readTokenValue } from '#issuers/api-token.ts';
import { ASKED, batch, PARTNER, SERVICE, SESSION } from '../issue/harness.ts';
import { createSystem, type System } from '../loop/system.ts';

/** No budget in the way: budgets are tried in test/races and test/sim. */
export const POLICY: ResponsePolicy = {
  ...DEFAULT_POLICY,
  breaker: { ...DEFAULT_POLICY.breaker, least: 10_000, causeLeast: 10_000 },
};

/** The whole system, its containers, and what a duplicate delivery needs. */
export interface Real {
  readonly system: System;
  warm: Verifier;
  /** Token id → ARN of its secret. */
  readonly arns: Map<string, string>;
  /** Token id → CloudFormation's RequestId of the last registration that made a version. */
  readonly requests: Map<string, string>;
  /** How far the audit log and the rotations have been looked at. */
  audited: number;
  rotated: number;
  /** Rotations that may have failed for no other reason. */
  crashed: boolean;
  issueOnce(key: string): Promise<Issued>;
  exchange(): Promise<Issued>;
}

/** A fault planted between the functions and the registry: what is written instead of what was decided. */
export type Plant = (change: Change) => Change;

export function createReal(seed: number, plant: Plant = (change) => change): Real {
  const system = createSystem(seed);
  const { ports } = system;
  const commit = ports.registry.commit;
  ports.registry.commit = (change) => commit(plant(change));
  const issuing = {
    ...ports,
    issuer: createApiTokenIssuer('dev', ports),
    ensurePepper: () => ensurePepper(ports, REGISTRAR),
    destroyPeppers: async () => {},
  };
  const caller = { arn: 'direct-invoke', uniqueId: '', sourceIp: '', invocationId: 'invocation-1' };
  const config = { environment: 'dev', stage: 'production' as const, offers: [PARTNER, SESSION] };
  const service = batch(ports.directory.create(SERVICE));
  return {
    system,
    warm: system.verifier(),
    arns: new Map(),
    requests: new Map(),
    audited: 0,
    rotated: 0,
    crashed: false,
    issueOnce: (key) => issueReturnOnce(ASKED, key, PARTNER, caller, issuing, config),
    exchange: () => exchange(SESSION, { ...service, sourceIp: '10.1.2.3' }, issuing),
  };
}

/** A managed version's text, as its holder reads it from the vault. */
export function textOf({ system, arns }: Real, tokenId: string, versionId: string): string {
  const secret = system.ports.vault.secretOf(arns.get(tokenId) ?? '');
  const value = secret.versions[versionId]?.value;
  const token = value === undefined ? undefined : readTokenValue(Secret.of(value));
  if (token === undefined) throw new Error(`the vault has no value of ${versionId}`);
  return token.token.reveal();
}

/** Straight from the table, so that looking is no call. */
export function versionsIn({ system }: Real): VersionRecord[] {
  return [...system.ports.registry.items.values()].filter(
    (item): item is VersionRecord => item.kind === 'version',
  );
}

export function standingIn({ system }: Real, tokenId: string): string | undefined {
  const { pk, sk } = keys.token(tokenId);
  const item = system.ports.registry.items.get(`${pk}|${sk}`);
  return item?.kind === 'token' ? item.standing : undefined;
}

/** Rotations that are neither finished nor given up. */
export function openIn({ system }: Real, tokenId: string): { versionId: string; startedAt: number }[] {
  return [...system.ports.registry.items.values()].flatMap((item) =>
    item.kind === 'intent' &&
    item.tokenId === tokenId &&
    item.state !== 'finished' &&
    item.state !== 'aborted'
      ? [{ versionId: item.versionId, startedAt: item.startedAt }]
      : [],
  );
}
