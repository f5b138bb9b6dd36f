import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { append, canonicalForm, emptyHead, GENESIS, hashOf, verifyChain } from '#core/audit/chain.ts';
import { AUDIT_ACTIONS, type AuditEntry, type AuditRecord, type ShardHead } from '#core/audit/entry.ts';

const AT = Date.UTC(2026, 10, 24, 8, 0, 0, 123);

const entryArb: fc.Arbitrary<AuditEntry> = fc
  .record(
    {
      action: fc.constantFrom(...AUDIT_ACTIONS),
      at: fc.integer({ min: 0, max: 4e12 }),
      actor: fc.constant({ kind: 'system' as const, id: 'sweep' }),
      tokenId: fc.string({ maxLength: 8 }),
      keyId: fc.string({ maxLength: 8 }),
      reason: fc.string({ unit: 'binary', maxLength: 40 }),
      cause: fc.string({ unit: 'binary', maxLength: 40 }),
      details: fc.dictionary(
        fc.string({ maxLength: 5 }),
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.integer(),
          fc.boolean(),
          fc.array(fc.string(), { maxLength: 3 }),
        ),
        { maxKeys: 3 },
      ),
    },
    { requiredKeys: ['action', 'at', 'actor'] },
  )
  .map((entry) => entry as AuditEntry);

const chainArb = (shard = 7): fc.Arbitrary<{ records: readonly AuditRecord[]; head: ShardHead }> =>
  fc.array(entryArb, { minLength: 1, maxLength: 8 }).map((entries) => append(entries, emptyHead(shard)));

const seal = (record: AuditRecord): AuditRecord => ({ ...record, hash: hashOf(record) });

describe('append', () => {
  it('continues a chain as if it had been written at once', () => {
    fc.assert(
      fc.property(fc.array(entryArb), fc.array(entryArb), (one, two) => {
        const first = append(one, emptyHead(3));
        const second = append(two, first.head);
        const whole = append([...one, ...two], emptyHead(3));
        expect([...first.records, ...second.records]).toEqual(whole.records);
        expect(second.head).toEqual(whole.head);
      }),
    );
  });

  it('hashes the canonical form, whatever the order of the keys', () => {
    const entry: AuditEntry = {
      action: 'token.revoked',
      at: AT,
      actor: { kind: 'iam', id: 'arn:aws:iam::111122223333:role/responder' },
      tokenId: 'orders',
      reason: 'leaked',
    };
    const { records } = append([entry], emptyHead(0));
    const canonical =
      '{"action":"token.revoked","actor":{"id":"arn:aws:iam::111122223333:role/responder","kind":"iam"},' +
      `"at":"2026-11-24T08:00:00.123Z","prevHash":"${GENESIS}","reason":"leaked","schema":1,"seq":1,"shard":0,` +
      '"tokenId":"orders"}';
    expect(canonicalForm(records[0] as AuditRecord)).toBe(canonical);
    expect(records[0]?.hash).toBe(createHash('sha256').update(canonical).digest('hex'));
  });

  it('survives storage as JSON', () => {
    fc.assert(
      fc.property(chainArb(), ({ records, head }) => {
        const stored = JSON.parse(JSON.stringify(records)) as AuditRecord[];
        expect(verifyChain(stored, head)).toEqual({ ok: true, value: { count: records.length, head } });
      }),
    );
  });

  it('makes free text printable, in reason, cause and details', () => {
    const nasty = 'a\nb\u202ec';
    const { records } = append(
      [
        {
          action: 'response.decided',
          at: AT,
          actor: { kind: 'system', id: 'respond' },
          reason: nasty,
          cause: nasty,
          details: { text: nasty, list: [nasty], count: 3, sure: true },
        },
      ],
      emptyHead(1),
    );
    const clean = 'a\\u{a}b\\u{202e}c';
    expect(records[0]).toMatchObject({
      reason: clean,
      cause: clean,
      details: { text: clean, list: [clean], count: 3, sure: true },
    });
  });

  it('lets no entry choose its place', () => {
    const forged = { action: 'token.warned', at: AT, actor: { kind: 'system', id: 'x' }, shard: 9, seq: 99 };
    const { records } = append([forged as unknown as AuditEntry], emptyHead(2));
    expect(records[0]).toMatchObject({ shard: 2, seq: 1, prevHash: GENESIS });
  });
});

describe('verifyChain', () => {
  it('verifies from any head that was verified before', () => {
    fc.assert(
      fc.property(chainArb(), fc.nat(), ({ records, head }, at) => {
        const cut = at % (records.length + 1);
        const first = records[cut - 1];
        const known = first === undefined ? emptyHead(7) : { shard: 7, seq: first.seq, hash: first.hash };
        expect(verifyChain(records.slice(cut), head, known).ok).toBe(true);
      }),
    );
  });

  const changed = (record: AuditRecord, field: number): AuditRecord => {
    const edits: Partial<AuditRecord>[] = [
      { action: record.action === 'token.warned' ? 'token.revoked' : 'token.warned' },
      { at: new Date(Date.parse(record.at) + 1).toISOString() },
      { actor: { kind: 'iam', id: 'somebody else' } },
      { tokenId: `${record.tokenId ?? ''}x` },
      { keyId: `${record.keyId ?? ''}x` },
      { incidentId: 'INC-9' },
      { reason: `${record.reason ?? ''}!` },
      { details: { ...record.details, planted: true } },
      { prevHash: record.prevHash.replace(/.$/, (last) => (last === '0' ? '1' : '0')) },
    ];
    return { ...record, ...edits[field % edits.length] };
  };

  it('finds any edit, at the record edited', () => {
    fc.assert(
      fc.property(chainArb(), fc.nat(), fc.nat(), ({ records, head }, at, field) => {
        const edited = records.map((record, index) =>
          index === at % records.length ? changed(record, field) : record,
        );
        const seq = (at % records.length) + 1;
        expect(verifyChain(edited, head)).toEqual({ ok: false, error: { reason: 'edited', shard: 7, seq } });
      }),
    );
  });

  it('finds an edit whose hash was made good: by the next record, or by the head', () => {
    fc.assert(
      fc.property(chainArb(), fc.nat(), fc.nat(), ({ records, head }, at, field) => {
        const edited = records.map((record, index) =>
          index === at % records.length ? seal(changed(record, field)) : record,
        );
        expect(verifyChain(edited, head)).toMatchObject({ ok: false, error: { reason: 'fork', shard: 7 } });
      }),
    );
  });

  it('finds any deletion: inside as a gap, at the end as a cut', () => {
    fc.assert(
      fc.property(chainArb(), fc.nat(), ({ records, head }, at) => {
        const index = at % records.length;
        const reason = index === records.length - 1 ? 'truncated' : 'gap';
        expect(verifyChain(records.toSpliced(index, 1), head)).toEqual({
          ok: false,
          error: { reason, shard: 7, seq: index + 1 },
        });
      }),
    );
  });

  it('finds any insertion, of a copy or of a record of its own making', () => {
    fc.assert(
      fc.property(chainArb(), entryArb, fc.nat(), fc.nat(), ({ records, head }, entry, at, from) => {
        const index = at % (records.length + 1);
        const copied = from % records.length;
        const place = verifyChain(records.toSpliced(index, 0, records[copied] as AuditRecord), head);
        // A copy put before its original takes its place, and the original is then the one too many.
        const seq = index === copied ? index + 2 : index + 1;
        expect(place).toEqual({ ok: false, error: { reason: 'reordered', shard: 7, seq } });
        const before = records[index - 1];
        const known = before === undefined ? emptyHead(7) : { shard: 7, seq: before.seq, hash: before.hash };
        const made = append([entry], known).records;
        fc.pre(made[0]?.hash !== records[index]?.hash);
        expect(verifyChain(records.toSpliced(index, 0, ...made), head)).toMatchObject({ ok: false });
      }),
    );
  });

  it('finds any reordering', () => {
    fc.assert(
      fc.property(chainArb(), fc.nat(), fc.nat(), ({ records, head }, one, two) => {
        const a = one % records.length;
        const b = two % records.length;
        fc.pre(a !== b);
        const swapped = [...records];
        swapped[a] = records[b] as AuditRecord;
        swapped[b] = records[a] as AuditRecord;
        expect(verifyChain(swapped, head)).toEqual({
          ok: false,
          error: { reason: 'reordered', shard: 7, seq: Math.min(a, b) + 1 },
        });
      }),
    );
  });

  it('finds a record of another shard, relabelled or not', () => {
    fc.assert(
      fc.property(chainArb(7), chainArb(8), fc.nat(), ({ records, head }, other, at) => {
        const index = at % records.length;
        const foreign = other.records[index % other.records.length] as AuditRecord;
        const moved = records.with(index, foreign);
        expect(verifyChain(moved, head)).toMatchObject({ ok: false, error: { reason: 'moved-shard' } });
        const relabelled = records.with(index, { ...foreign, shard: 7 });
        expect(verifyChain(relabelled, head)).toMatchObject({ ok: false, error: { reason: 'edited' } });
      }),
    );
  });

  it('finds a cut tail of any length, and a whole chain gone', () => {
    fc.assert(
      fc.property(chainArb(), fc.nat(), ({ records, head }, at) => {
        const kept = at % records.length;
        expect(verifyChain(records.slice(0, kept), head)).toEqual({
          ok: false,
          error: { reason: 'truncated', shard: 7, seq: kept + 1 },
        });
      }),
    );
  });

  it('finds a tail that its head does not know, and a head that is not its own', () => {
    fc.assert(
      fc.property(chainArb(), ({ records, head }) => {
        const before = records.at(-2);
        const older = before === undefined ? emptyHead(7) : { shard: 7, seq: before.seq, hash: before.hash };
        const error = { reason: 'fork', shard: 7, seq: records.length };
        expect(verifyChain(records, older)).toEqual({ ok: false, error });
        expect(verifyChain(records, { ...head, hash: GENESIS })).toEqual({ ok: false, error });
        expect(verifyChain([], older, head)).toEqual({ ok: false, error });
      }),
    );
  });

  it('finds where the head is passed, however much follows', () => {
    fc.assert(
      fc.property(chainArb(), fc.nat(), ({ records }, at) => {
        const last = at % records.length;
        const known = records[last - 1];
        const older = known === undefined ? emptyHead(7) : { shard: 7, seq: known.seq, hash: known.hash };
        const error = { reason: 'fork', shard: 7, seq: last + 1 };
        expect(verifyChain(records, older)).toEqual({ ok: false, error });
      }),
    );
  });

  it('takes a record without canonical form for an edited one', () => {
    const { records, head } = append(
      [{ action: 'token.warned', at: AT, actor: { kind: 'system', id: 'sweep' } }],
      emptyHead(7),
    );
    const odd = { ...(records[0] as AuditRecord), reason: '\ud800' };
    expect(verifyChain([odd], head)).toMatchObject({ ok: false, error: { reason: 'edited', seq: 1 } });
  });

  it('finds nothing wrong with an empty shard', () => {
    expect(verifyChain([], emptyHead(5))).toEqual({ ok: true, value: { count: 0, head: emptyHead(5) } });
  });
});
