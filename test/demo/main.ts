import {
  exchange,
  expiry,
  reissue,
  revocations,
  rotations,
  SECRET_ID,
  theft,
  unboundReader,
} from './acts.ts';
import { manyKeys, noiseFlood, tokensOf } from './attacks.ts';
import { commandLine, evidence, sealedLog } from './command-line.ts';
import { createConsumer } from './consumer.ts';
import { eavesdrop } from './eavesdrop.ts';
import { FLEET, FLEET_READER } from './fleet.ts';
import { audit, canaryScan, troubles } from './inspection.ts';
import { assume, begin, ENVIRONMENT } from './story.ts';

/** The main job, on the local AWS, as a person would watch it. The exit code tells whether all of it held. */
const started = performance.now();
const say = (line: string): void => {
  const lead = line.startsWith('\n') ? '\n' : '';
  console.log(
    `${lead}${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line.slice(lead.length)}`,
  );
};

const story = await begin(say);
try {
  const operator = (name: string): ReturnType<typeof story.emulator.createUser> =>
    story.emulator.createUser(name, {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }],
    });
  const root = story.emulator.rootCredentials;
  const service = await assume(story, `tokenward-${ENVIRONMENT}-sample-orders`, root);
  const issuer = await assume(story, `tokenward-${ENVIRONMENT}-issuer`, await operator('ivy'));
  const responder = await assume(story, `tokenward-${ENVIRONMENT}-responder`, await operator('rob'));
  const fleet = await story.emulator.createUser(FLEET_READER, {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }],
  });
  const listening = await eavesdrop(story);
  const consumer = createConsumer(story, SECRET_ID, service);
  await consumer.fetchToken();

  const short = await exchange(story, service);
  await rotations(story, consumer, SECRET_ID);
  await revocations(story, { feedMaxAgeMs: 1_000, readTimeoutMs: 300 }, issuer, responder);
  await expiry(story, short);
  await revocations(story, { feedMaxAgeMs: 250, readTimeoutMs: 300 }, issuer, responder);
  await reissue(story, consumer, responder);
  await theft(story, consumer, 550);
  await unboundReader(story, consumer, SECRET_ID);
  await noiseFlood(story, consumer, await tokensOf(story, fleet, FLEET));
  await manyKeys(story, consumer, fleet, FLEET);
  await commandLine(story);
  await sealedLog(story);
  await audit(story);
  await evidence(story);
  await canaryScan(story, await listening.heard());
} catch (fault) {
  story.check(false, fault instanceof Error ? (fault.stack ?? fault.message) : String(fault));
} finally {
  if (story.failed() > 0) await troubles(story).catch(() => say('  the logs cannot be read'));
  await story.end();
}
console.log(`\n${story.passed()} passed, ${story.failed()} failed`);
process.exitCode = story.failed() === 0 ? 0 : 1;
