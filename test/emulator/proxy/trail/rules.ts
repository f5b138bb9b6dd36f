import {
  type EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  type Target as SdkTarget,
} from '@aws-sdk/client-eventbridge';
import { child, type Json, type JsonObject, jsonObject } from '../call.ts';

/** A target of a rule, as EventBridge lists it. */
export type Target = SdkTarget;

/** A rule of the default bus that has an event pattern and targets. */
export interface Rule {
  readonly name: string;
  readonly state: string;
  readonly pattern: string;
  readonly targets: readonly Target[];
  /** False when a literal list in the pattern rules the event out; true leaves it to TestEventPattern. */
  readonly mayMatch: (event: JsonObject) => boolean;
}

/** The rules of the default bus as they were at most a second ago. */
export interface Rules {
  readonly current: () => Promise<readonly Rule[]>;
  /** Forgets them: a call that may have changed a rule has just been answered. */
  readonly forget: () => void;
}

const FRESH_MS = 1_000;

/** Reads rules from the emulator: CloudFormation makes them inside it, where the proxy sees no call. */
export function createRules(events: EventBridgeClient): Rules {
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<readonly Rule[]> = Promise.resolve([]);
  return {
    current: () => {
      if (Date.now() - readAt > FRESH_MS) {
        readAt = Date.now();
        reading = read(events);
      }
      return reading;
    },
    forget: () => {
      readAt = Number.NEGATIVE_INFINITY;
    },
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
      const listed = await events.send(new ListTargetsByRuleCommand({ Rule: name }));
      const parsed = jsonObject(Buffer.from(pattern));
      const mayMatch = (event: JsonObject): boolean => literalsAllow(parsed, event);
      rules.push({ name, state, pattern, targets: listed.Targets ?? [], mayMatch });
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
