import { type Assessment, assess, differences, type Summary, summaryOf } from '#core/evidence/assess.ts';
import { BUNDLE, canonical, documents, readSummary, sealBundle, sha256 } from '#core/evidence/bundle.ts';
import { CHECKS } from '#core/evidence/collect/all.ts';
import { CONTROLS } from '#core/evidence/controls/all.ts';
import { envelopeOf, payloadOf, preAuthentication } from '#core/evidence/dsse.ts';
import type { DeployedSettings, DrillFacts, Environment, Seen } from '#core/evidence/facts.ts';
import type { EvidenceStore } from '#core/evidence/ports.ts';
import type { Metrics } from '#core/ports.ts';
import { noteKey } from '#core/seal/note.ts';
import type { CheckpointSigner } from '#core/seal/ports.ts';
import type { ReportEvent } from '#events/report.ts';
import { type CollectPorts, collect } from './collect.ts';
import { pageOf } from './page/page.ts';

export interface ReportPorts extends CollectPorts {
  readonly store: EvidenceStore;
  readonly signer: CheckpointSigner;
  readonly metrics: Metrics;
}

export interface ReportConfig {
  readonly environment: Environment;
  readonly settings: DeployedSettings;
  /** `<origin>/evidence`: the name of the key that signs bundles. */
  readonly keyName: string;
  /** What collected: a version or commit. */
  readonly tool: string;
}

/** What a run came to: where its bundle lies, and in short what is in it. */
export interface Reported {
  readonly prefix: string;
  readonly files: readonly string[];
  readonly manifestSha256: string;
  readonly satisfied: number;
  readonly notSatisfied: number;
  readonly notAssessed: number;
  readonly failing: readonly string[];
}

/** Where the newest bundle is named, and the last drill kept. */
const LATEST = 'latest.json';
const LAST_DRILL = 'drills/last.json';

interface Latest {
  readonly prefix: string;
  readonly manifestSha256: string;
}

/**
 * Collects, judges, writes and signs: one bundle a run, under a prefix of its own (CA-7, AU-6). Nothing of the
 * registry is changed, and a source that cannot be read is a finding, not a fault.
 */
export async function run(
  ports: ReportPorts,
  config: ReportConfig,
  request: ReportEvent = {},
): Promise<Reported> {
  const { store, signer, clock } = ports;
  const key = noteKey(config.keyName, await signer.publicKey());
  const drill = await lastDrill(store, clock.now(), request.drill);
  const facts = await collect(ports, config.environment, { settings: config.settings, drill });
  const assessment = assess(facts, CONTROLS, CHECKS, config.tool);
  const before = await previous(store);
  const changed = before === undefined ? undefined : differences(before.summary, summaryOf(assessment));
  const files = new Map(documents(facts, assessment, CONTROLS));
  const digest = (path: string): string => sha256(files.get(path) ?? '');
  files.set(
    BUNDLE.page,
    pageOf(
      assessment,
      facts,
      digest,
      before === undefined ? undefined : { at: before.summary.at, changed: changed ?? [] },
    ),
  );
  const { manifest, statement } = sealBundle(files, assessment, before?.manifestSha256);
  const payload = payloadOf(statement);
  files.set(BUNDLE.manifest, manifest);
  files.set(BUNDLE.envelope, envelopeOf(payload, key, await signer.sign(preAuthentication(payload))));
  const manifestSha256 = sha256(manifest);
  const prefix = `bundles/${new Date(assessment.at).toISOString()}-${manifestSha256.slice(0, 12)}/`;
  for (const [name, body] of files) await store.put(`${prefix}${name}`, body);
  await store.put(LATEST, canonical({ prefix, manifestSha256 } satisfies Latest));
  return tell(assessment, { prefix, files: [...files.keys()].sort(), manifestSha256 }, ports);
}

async function lastDrill(
  store: EvidenceStore,
  now: number,
  told: ReportEvent['drill'],
): Promise<Seen<DrillFacts>> {
  const source = 'told by whoever ran it';
  if (told !== undefined) {
    const { items, differences: different } = told;
    const drill: DrillFacts = { at: now, items, differences: different };
    await store.put(LAST_DRILL, canonical(drill));
    return { seen: true, value: drill, source, at: now };
  }
  const kept = await store.get(LAST_DRILL);
  if (kept === undefined) return { seen: false, source, reason: 'no restore drill was told of' };
  return { seen: true, value: JSON.parse(kept) as DrillFacts, source, at: now };
}

async function previous(
  store: EvidenceStore,
): Promise<{ readonly summary: Summary; readonly manifestSha256: string } | undefined> {
  const latest = await store.get(LATEST);
  if (latest === undefined) return undefined;
  const { prefix, manifestSha256 } = JSON.parse(latest) as Latest;
  const summary = await store.get(`${prefix}${BUNDLE.summary}`);
  return summary === undefined ? undefined : { summary: readSummary(summary), manifestSha256 };
}

function tell(
  { findings, observations }: Assessment,
  made: Pick<Reported, 'prefix' | 'files' | 'manifestSha256'>,
  { metrics, log }: Pick<ReportPorts, 'metrics' | 'log'>,
): Reported {
  const count = (state: string): number => findings.filter((finding) => finding.state === state).length;
  const failing = observations.filter(({ outcome }) => outcome.result === 'fails').map(({ check }) => check);
  const reported = {
    ...made,
    satisfied: count('satisfied'),
    notSatisfied: count('not-satisfied'),
    notAssessed: count('not-assessed'),
    failing,
  };
  metrics.count('ReportRuns');
  metrics.count('ChecksFailing', failing.length);
  metrics.count('ControlsSatisfied', reported.satisfied);
  log.info('reported', { ...reported, files: made.files.length });
  return reported;
}
