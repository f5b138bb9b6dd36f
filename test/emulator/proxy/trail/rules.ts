import { setTimeout as sleep } from 'node:timers/promises';
import {
  type EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  type Target as SdkTarget,
} from '@aws-sdk/client-eventbridge';
import { child, type Json, type JsonObject, jsonObject } from '../call.ts';

/** A target of a rule, as EventBridge lists it. */
export type Target = SdkTarget;

/** A rule of the default bus that has an event pattern. */
export interface Rule {
  readonly name: string;
  readonly state: string;
  readonly pattern: string;
  /** False when a literal list in the pattern rules the event out; true leaves it to TestEventPattern. */
  readonly mayMatch: (event: JsonObject) => boolean;
}

/** The rules of the default bus. */
export interface Rules {
  /** The rules that exist, read no earlier than `since` in epoch milliseconds. */
  readonly current: (since: number) => Promise<readonly Rule[]>;
  readonly targetsOf: (rule: Rule) => Promise<readonly Target[]>;
}

const READ_EVERY_MS = 20;

/**
 * Reads rules from the emulator, as CloudFormation makes them inside it, where the proxy sees no call.
 * A rule that was there when something happened is therefore always found; events close together share a read.
 */
export function createRules(events: EventBridgeClient): Rules {
  let startedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<readonly Rule[]> = Promise.resolve([]);
  let upcoming: Promise<readonly Rule[]> | undefined;

  const readNext = async (): Promise<readonly Rule[]> => {
    await sleep(Math.max(0, startedAt + READ_EVERY_MS - Date.now()));
    upcoming = undefined;
    startedAt = Date.now();
    reading = read(events);
    return reading;
  };

  return {
    current: (since) => {
      if (startedAt >= since) return reading;
      upcoming ??= readNext();
      return upcoming;
    },
    targetsOf: async ({ name }) =>
      (await events.send(new ListTargetsByRuleCommand({ Rule: name }))).Targets ?? [],
  };
}

async function read(events: EventBridgeClient): Promise<readonly Rule[]> {
  const rules: Rule[] = [];
  let NextToken: string | undefined;
  do {
    const page = await events.send(
      new ListRulesCommand({ ...(NextToken === undefined ? {} : { NextToken }) }),
    );
    for (const { Name: name = '', State: state = '', EventPattern: pattern } of page.Rules ?? []) {
      if (pattern === undefined || state === 'DISABLED') continue;
      const parsed = jsonObject(Buffer.from(pattern));
      rules.push({ name, state, pattern, mayMatch: (event) => literalsAllow(parsed, event) });
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return rules;
}

function literalsAllow(pattern: JsonObject, event: JsonObject): boolean {
  const fits = (from: JsonObject, at: JsonObject, key: string): boolean => {
    const wanted = from[key];
    if (!Array.isArray(wanted) || !wanted.every((each: Json) => typeof each === 'string')) return true;
    return wanted.includes(at[key] as string);
  };
  const detail = child(event, 'detail');
  const inDetail = child(pattern, 'detail');
  return (
    ['source', 'detail-type'].every((key) => fits(pattern, event, key)) &&
    ['eventSource', 'eventName'].every((key) => fits(inDetail, detail, key))
  );
}
