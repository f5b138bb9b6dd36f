import { expect, it } from 'vitest';
import type { TrailFacts } from '#core/posture/trail.ts';
import { createDesk } from './harness.ts';

const WHOLE: TrailFacts = {
  arn: 'arn:aws:cloudtrail:eu-west-1:111122223333:trail/all',
  homeRegion: 'eu-west-1',
  multiRegion: true,
  globalEvents: true,
  organisation: false,
  logFileValidation: true,
  logging: true,
  selectors: [{ reads: true, writes: true, records: () => true }],
};

it('finds nothing missing, and still says what an SCP must protect', async () => {
  const desk = createDesk();
  desk.trails = [WHOLE];
  const ran = await desk.run(['doctor']);
  expect(ran.code).toBe(0);
  expect(ran.out).toContain('trail/all: logging');
  expect(ran.out).toContain('Nothing is missing');
  expect(ran.out).toMatch(/KeepQuarantine: a thief in quarantine takes/);
});

it('says what is missing, what it means and how to mend it, and exits with 1', async () => {
  const desk = createDesk();
  desk.trails = [
    { ...WHOLE, logFileValidation: false },
    { ...WHOLE, arn: 'arn:aws:cloudtrail:eu-west-1:999:trail/org', logging: false },
  ];
  const ran = await desk.run(['doctor']);
  expect(ran.code).toBe(1);
  expect(ran.out).toMatch(/trail\/org: stopped/);
  expect(ran.out).toMatch(/validation-off.*cannot be told.*--enable-log-file-validation.*AU-9/);
});

it('prints all of it as JSON, the policy too', async () => {
  const desk = createDesk();
  desk.trails = [WHOLE, { ...WHOLE, arn: 'arn:aws:cloudtrail:eu-west-1:999988887777:trail/org' }];
  const arn = 'arn:aws:iam::111122223333:role/break-glass';
  const ran = await desk.run(['doctor', '--json', '--break-glass', arn, '--env', 'prod']);
  expect(ran.code).toBe(0);
  const said = JSON.parse(ran.out);
  expect(said).toMatchObject({ healthy: true, findings: [], trails: [{ logging: true }, { logging: true }] });
  expect(said.trails[0]).not.toHaveProperty('selectors');
  const [keep] = said.serviceControlPolicy.Statement.filter(
    ({ Sid }: { Sid: string }) => Sid === 'KeepTrail',
  );
  expect(keep.Resource).toEqual([WHOLE.arn]);
  expect(keep.Condition.ArnNotLike['aws:PrincipalArn']).toContain(arn);
});

it('fails as other commands do where AWS cannot be asked', async () => {
  const desk = createDesk();
  desk.fault = () => Object.assign(new Error('no'), { name: 'AccessDeniedException' });
  expect((await desk.run(['doctor'])).code).toBe(3);
});
