import type { Principal } from '../identity.ts';
import type { Population } from '../population.ts';
import { type Act, actRandom, type Holder, type Stage } from '../stage.ts';
import type { Team } from '../team.ts';
import { backup } from './backup.ts';
import { breakGlass } from './break-glass.ts';
import { bulkCopy } from './bulk-copy.ts';
import { ci } from './ci.ts';
import { debugging } from './debugging.ts';
import { laptop } from './laptop.ts';
import { birth, keyRotation } from './lifecycle.ts';
import { monthlyJob } from './monthly-job.ts';
import { person } from './people.ts';
import { scanner } from './scanner.ts';
import { serverKey } from './server-key.ts';
import { service } from './service-fleet.ts';
import { terraform } from './terraform.ts';
import { personName } from './whereabouts.ts';

/** What everybody does who means no harm. */
export function* actsOf(
  stage: Stage,
  { holders, newcomers, renewed }: Population,
  deploys: ReadonlyMap<Team, Principal>,
): Generator<Act> {
  for (const holder of holders) yield* everyday(stage, holder, deploys);
  const people = holders.filter(({ role }) => role === 'people');
  for (const newcomer of newcomers) {
    const colleague = people.find(({ team }) => team === newcomer.team) ?? people[0];
    if (colleague !== undefined) yield birth(stage, newcomer, colleague, actRandom(stage, newcomer, 'birth'));
  }
  for (const [former, next] of renewed)
    yield keyRotation(stage, former, next, actRandom(stage, next, 'renewal'));
}

function* everyday(stage: Stage, holder: Holder, deploys: ReadonlyMap<Team, Principal>): Generator<Act> {
  const random = actRandom(stage, holder);
  switch (holder.role) {
    case 'service': {
      const hurry = actRandom(stage, holder, 'debugging');
      if (holder.install.host === 'linux' && hurry.chance(0.12)) yield debugging(stage, holder, hurry);
      return yield service(stage, holder, random);
    }
    case 'server-key':
      return yield serverKey(stage, holder, random);
    case 'laptop':
      return yield laptop(stage, holder, random);
    case 'ci': {
      const role = deploys.get(holder.team);
      if (role !== undefined) yield ci(stage, holder, random, role);
      return;
    }
    case 'terraform':
      return yield terraform(stage, holder, random);
    case 'bulk-copy':
      return yield bulkCopy(stage, holder, random);
    case 'people':
      for (let count = random.int(2, 7); count > 0; count--) {
        const email = personName(count);
        yield person(stage, holder, actRandom(stage, holder, email), email);
      }
      return;
    case 'monthly-job':
      return yield monthlyJob(stage, holder, random);
    case 'backup':
      return yield backup(stage, holder, random);
    case 'scanner':
      return yield scanner(stage, holder, random);
    case 'break-glass':
      return yield breakGlass(stage, holder, random);
    case 'canary':
    case 'deploy-role':
    case 'own':
  }
}
