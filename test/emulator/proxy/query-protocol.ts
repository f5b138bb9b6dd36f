import type { Json, JsonObject } from './call.ts';

/**
 * Reads an AWS query protocol form: `Tags.member.1.Key=a` becomes `{Tags: [{Key: 'a'}]}`.
 * IAM and STS speak it; CloudTrail shows their parameters as the nested form.
 */
export function parseQuery(form: string): JsonObject {
  const root: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(form)) put(root, name.split('.'), value);
  return collapse(root) as JsonObject;
}

function put(root: Record<string, unknown>, path: readonly string[], value: string): void {
  let at = root;
  for (const key of path.slice(0, -1)) {
    const next = at[key];
    if (typeof next === 'object' && next !== null) at = next as Record<string, unknown>;
    else {
      const made: Record<string, unknown> = Object.create(null);
      at[key] = made;
      at = made;
    }
  }
  at[path.at(-1) ?? ''] = value;
}

function collapse(value: unknown): Json {
  if (typeof value !== 'object' || value === null) return value as Json;
  const members = (value as Record<string, unknown>).member;
  if (typeof members === 'object' && members !== null) return Object.values(members).map(collapse);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, collapse(inner)]));
}

const ELEMENT = /<([A-Za-z][\w.-]*)(?:\s[^>]*)?>([\s\S]*?)<\/\1>|<[A-Za-z][\w.-]*\s*\/>/g;

/**
 * Reads the XML that IAM and STS answer into the shape of the API model; lists of `member` become arrays.
 * Enough for machine-written answers without attributes, comments or an element nested in itself.
 */
export function parseXml(xml: string): Json {
  const found = [...xml.replace(/<\?[\s\S]*?\?>/g, '').matchAll(ELEMENT)];
  if (found.length === 0) return plainText(xml.trim());
  if (found[0]?.[1] === 'member') return found.map((each) => parseXml(each[2] ?? ''));
  const entries = found.flatMap((each) =>
    each[1] === undefined ? [] : [[each[1], parseXml(each[2] ?? '')]],
  );
  return Object.fromEntries(entries) as JsonObject;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&#39;': "'",
  '&#34;': '"',
  '&amp;': '&',
};

function plainText(value: string): string {
  return value.replace(/&(?:lt|gt|quot|apos|amp|#39|#34);/g, (entity) => ENTITIES[entity] ?? entity);
}
