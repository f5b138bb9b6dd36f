import {
  type AdvancedEventSelector,
  type CloudTrailClient,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
  GetTrailCommand,
  GetTrailStatusCommand,
} from '@aws-sdk/client-cloudtrail';
import {
  type AdvancedField,
  type Selector,
  selectorOfAdvanced,
  selectorOfBasic,
  type TrailFacts,
  type TrailReader,
} from '#core/posture/trail.ts';
import { toPortError } from '../errors.ts';

/** The trails of a region, the shadows of multi-region and organisation trails among them. Reads, changes nothing. */
export function createTrailReader(client: CloudTrailClient): TrailReader {
  return {
    async trails() {
      try {
        const { trailList = [] } = await client.send(
          new DescribeTrailsCommand({ includeShadowTrails: true }),
        );
        const arns = [...new Set(trailList.flatMap(({ TrailARN }) => TrailARN ?? []))].sort();
        const found: TrailFacts[] = [];
        for (const arn of arns) found.push(await factsOf(client, arn));
        return found;
      } catch (fault) {
        throw toPortError(fault);
      }
    },
  };
}

async function factsOf(client: CloudTrailClient, arn: string): Promise<TrailFacts> {
  const { Trail = {} } = await client.send(new GetTrailCommand({ Name: arn }));
  const status = await client.send(new GetTrailStatusCommand({ Name: arn }));
  const selectors = await selectorsOf(client, arn);
  return {
    arn,
    homeRegion: Trail.HomeRegion ?? '',
    multiRegion: Trail.IsMultiRegionTrail ?? false,
    globalEvents: Trail.IncludeGlobalServiceEvents ?? false,
    organisation: Trail.IsOrganizationTrail ?? false,
    logFileValidation: Trail.LogFileValidationEnabled ?? false,
    logging: status.IsLogging ?? false,
    // CloudTrail leaves these empty, not out, where all is well.
    ...(status.LatestDeliveryError ? { deliveryError: status.LatestDeliveryError } : {}),
    ...(status.LatestDigestDeliveryError ? { digestError: status.LatestDigestDeliveryError } : {}),
    ...(selectors === undefined ? {} : { selectors }),
  };
}

/** `undefined` where they may not be read: an organisation's trail shows them to its own account. */
async function selectorsOf(client: CloudTrailClient, arn: string): Promise<readonly Selector[] | undefined> {
  try {
    const { EventSelectors = [], AdvancedEventSelectors = [] } = await client.send(
      new GetEventSelectorsCommand({ TrailName: arn }),
    );
    return [
      ...EventSelectors.map(({ ReadWriteType, IncludeManagementEvents, ExcludeManagementEventSources }) =>
        selectorOfBasic({
          readWriteType: ReadWriteType ?? 'All',
          managementEvents: IncludeManagementEvents ?? true,
          excluded: ExcludeManagementEventSources ?? [],
        }),
      ),
      ...AdvancedEventSelectors.map((selector) => selectorOfAdvanced(fieldsOf(selector))),
    ].filter((selector) => selector !== undefined);
  } catch (fault) {
    if (fault instanceof Error && UNREADABLE.includes(fault.name)) return undefined;
    throw fault;
  }
}

const UNREADABLE = ['AccessDeniedException', 'InvalidTrailNameException', 'TrailNotFoundException'];

const fieldsOf = ({ FieldSelectors = [] }: AdvancedEventSelector): readonly AdvancedField[] =>
  FieldSelectors.map(
    ({ Field = '', Equals, NotEquals, StartsWith, NotStartsWith, EndsWith, NotEndsWith }) => ({
      field: Field,
      ...(Equals === undefined ? {} : { equals: Equals }),
      ...(NotEquals === undefined ? {} : { notEquals: NotEquals }),
      ...(StartsWith === undefined ? {} : { startsWith: StartsWith }),
      ...(NotStartsWith === undefined ? {} : { notStartsWith: NotStartsWith }),
      ...(EndsWith === undefined ? {} : { endsWith: EndsWith }),
      ...(NotEndsWith === undefined ? {} : { notEndsWith: NotEndsWith }),
    }),
  );
