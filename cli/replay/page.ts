import { CATALOGUE, type EvidenceFamily, FAMILIES } from '#core/detection/catalogue.ts';
import type { CredentialVerdict } from '#core/detection/verdict.ts';
import { sentenceOf } from '#core/detection/verdict.ts';
import type { Replayed } from '#functions/replay/replay.ts';
import type { Summary } from '#functions/replay/summary.ts';
import { time } from '../print.ts';
import { countsOf } from './table.ts';

const WIDTH = 880;
const LABEL = 90;
const ROW = 18;
const LEAST_SPAN_MS = 60_000;

/** Told apart without colour too: each family has its own row. */
const COLOURS: Readonly<Record<EvidenceFamily, string>> = {
  network: '#2563a8',
  client: '#7a4ca0',
  api: '#8a6d00',
  volume: '#a8512b',
  contract: '#b0202e',
};

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1a1a1a;background:#fff}
article{border-top:1px solid #ccc;padding:1rem 0}h2{font-size:1rem;margin:0;overflow-wrap:anywhere}p{margin:.3rem 0;overflow-wrap:anywhere}
svg{width:100%;height:auto}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #ddd;overflow-wrap:anywhere}
@media (prefers-color-scheme:dark){body{background:#111;color:#eee}svg text{fill:#eee}td,th,article{border-color:#444}}`;

/** A page that needs nothing but itself: no script, no network; what the trail says in it is escaped. */
export function pageOf(done: Replayed, summary: Summary): string {
  const { verdicts } = done.judged;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Tokenward replay</title><style>${STYLE}</style></head><body>
<h1>Replay</h1>
<p>${escaped(countsOf(summary))}.</p>
<p>Nothing was done. Habits (B…) are judged as if they had been allowed to suspend.</p>
${heldPart(done)}
${verdicts.map(articleOf).join('\n')}
</body></html>
`;
}

function heldPart({ breaker }: Replayed): string {
  if (breaker.held.length === 0) return '<p>The circuit breaker would have held nothing.</p>';
  const rows = breaker.held.map(
    ({ candidate, reason, cause }) =>
      `<tr><td>${time(candidate.at)}</td><td>${escaped(candidate.credential)}</td><td>${candidate.signal}</td><td>${reason}</td><td>${escaped(cause)}</td></tr>`,
  );
  return `<h2>The circuit breaker would have held ${breaker.held.length} and let ${breaker.acted.length} through</h2>
<table><thead><tr><th>At</th><th>Credential</th><th>Signal</th><th>Why</th><th>In common</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table>`;
}

function articleOf(verdict: CredentialVerdict): string {
  const rows = verdict.evidence.map(
    ({ signal, weight, says }) =>
      `<tr><td>${signal}</td><td>${CATALOGUE[signal].technique}</td><td>${weight.toFixed(1)}</td><td>${escaped(says)}</td></tr>`,
  );
  return `<article><h2>${escaped(verdict.credential)}: ${verdict.rung}</h2>
<p>${escaped(sentenceOf(verdict, false))}</p>
${timelineOf(verdict)}
<table><thead><tr><th>Signal</th><th>ATT&amp;CK</th><th>Weight</th><th>Seen</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></article>`;
}

/** One row for each family that spoke; a dot's size is its weight; the line is when the rung was reached. */
function timelineOf(verdict: CredentialVerdict): string {
  const { evidence, at } = verdict;
  const from = Math.min(at, ...evidence.map(({ since }) => since));
  const to = Math.max(at, from + LEAST_SPAN_MS, ...evidence.map((each) => each.at));
  const x = (when: number): string =>
    (LABEL + ((when - from) / (to - from)) * (WIDTH - LABEL - 20)).toFixed(1);
  const rows = FAMILIES.filter((family) => evidence.some((each) => each.family === family));
  const height = (rows.length + 2) * ROW;
  const marks = evidence.map((each) => {
    const y = (rows.indexOf(each.family) + 0.7) * ROW;
    const radius = (3 + Math.min(6, each.weight / 2)).toFixed(1);
    const span =
      each.at > each.since
        ? `<line x1="${x(each.since)}" y1="${y}" x2="${x(each.at)}" y2="${y}" stroke="${COLOURS[each.family]}" stroke-width="2"/>`
        : '';
    return `${span}<circle cx="${x(each.since)}" cy="${y}" r="${radius}" fill="${COLOURS[each.family]}"><title>${escaped(`${each.signal} ${time(each.since)}: ${each.says}`)}</title></circle>`;
  });
  const labels = rows.map(
    (family, row) => `<text x="0" y="${(row + 0.95) * ROW}" font-size="12">${family}</text>`,
  );
  const bottom = rows.length * ROW + 4;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Timeline of ${escaped(verdict.credential)}">
${labels.join('')}<line x1="${x(at)}" y1="0" x2="${x(at)}" y2="${bottom}" stroke="#b0202e" stroke-dasharray="4 3"/>
${marks.join('')}<text x="${LABEL}" y="${bottom + 14}" font-size="12">${time(from)}</text><text x="${WIDTH}" y="${bottom + 14}" font-size="12" text-anchor="end">${time(to)}</text></svg>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
