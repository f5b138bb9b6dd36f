import { spanOf } from '#core/evidence/controls/control.ts';
import { FACTS, type Facts } from '#core/evidence/facts.ts';
import { LAG_STEPS_MS } from '#core/evidence/inventory.ts';
import { escaped } from './html.ts';

const WIDTH = 320;
const HEIGHT = 150;
const FLOOR = 122;
const TOP = 16;

/** One bar: what it counts, and whether it is beyond what was promised. */
interface Bar {
  readonly label: string;
  readonly count: number;
  readonly late: boolean;
}

/** Age, rotation and revocation at a glance; what was not seen is said, not drawn. */
export function chartsOf(facts: Facts): string {
  const { inventory, activity, settings } = facts;
  const ages = inventory.seen
    ? bars(
        inventory.value.ages.map((count, at) => ({
          label: at === 10 ? '>100' : `${at * 10}`,
          count,
          late: at === 10,
        })),
      )
    : blind(inventory.reason);
  const lags = inventory.seen
    ? bars(
        inventory.value.lags.map((count, at) => ({
          label: at === LAG_STEPS_MS.length ? 'later' : `≤${shortSpan(LAG_STEPS_MS[at] ?? 0)}`,
          count,
          late: at === LAG_STEPS_MS.length,
        })),
      )
    : blind(inventory.reason);
  const times = activity.seen ? bars(reissueBars(activity.value.reissues)) : blind(activity.reason);
  const bound = spanOf(settings.feedMaxAgeMs + settings.readTimeoutMs);
  return `<div class="charts">
${figure('Age of current versions', 'Versions by share of their hard maximum, in per cent', ages)}
${figure('Rotation lag', 'Rotations by how much later than their interval they came', lags)}
${figure('Revocation and reissue', `Refused everywhere ${escaped(bound)} after the order (T + R). Successors by seconds after it:`, times)}
</div>`;
}

const figure = (title: string, says: string, drawn: string): string =>
  `<figure><figcaption>${escaped(title)}</figcaption><p>${says}</p>${drawn}</figure>`;

const blind = (reason: string): string => `<p>Not seen: ${escaped(reason)}</p>`;

const REISSUE_STEPS_MS: readonly number[] = [1_000, 2_000, 5_000, 15_000, 60_000];

function reissueBars(times: readonly number[]): readonly Bar[] {
  const counts = new Array<number>(REISSUE_STEPS_MS.length + 1).fill(0);
  for (const time of times) {
    const step = REISSUE_STEPS_MS.findIndex((most) => time <= most);
    const at = step < 0 ? REISSUE_STEPS_MS.length : step;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts.map((count, at) => {
    const late = at === REISSUE_STEPS_MS.length;
    return { label: late ? 'later' : `≤${(REISSUE_STEPS_MS[at] ?? 0) / 1_000}`, count, late };
  });
}

function bars(all: readonly Bar[]): string {
  const total = all.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return '<p>None yet.</p>';
  const most = Math.max(...all.map(({ count }) => count));
  const step = WIDTH / all.length;
  const drawn = all.map(({ label, count, late }, at) => {
    const height = count === 0 ? 0 : Math.max(2, Math.round((count / most) * (FLOOR - TOP)));
    const middle = (at * step + step / 2).toFixed(1);
    const bar = `<rect class="${late ? 'late' : 'bar'}" x="${(at * step + 3).toFixed(1)}" y="${FLOOR - height}" width="${(step - 6).toFixed(1)}" height="${height}"><title>${escaped(label)}: ${count}</title></rect>`;
    const told =
      count === 0
        ? ''
        : `<text class="count" x="${middle}" y="${FLOOR - height - 4}" text-anchor="middle">${short(count)}</text>`;
    return `${bar}${told}<text x="${middle}" y="${FLOOR + 15}" text-anchor="middle">${escaped(label)}</text>`;
  });
  const said = all.map(({ label, count }) => `${label}: ${count}`).join(', ');
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(said)}"><line class="axis" x1="0" y1="${FLOOR}" x2="${WIDTH}" y2="${FLOOR}"/>${drawn.join('')}</svg>`;
}

const short = (count: number): string =>
  count < 10_000
    ? String(count)
    : count < 1_000_000
      ? `${Math.round(count / 1_000)}k`
      : `${(count / 1_000_000).toFixed(1)}M`;

const shortSpan = (ms: number): string => (ms < 3_600_000 ? `${ms / 60_000}m` : `${ms / 3_600_000}h`);

/** Which facts were seen, of all. */
export const seenOf = (facts: Facts): readonly [seen: number, all: number] => [
  FACTS.filter((name) => facts[name].seen).length,
  FACTS.length,
];
