import { at, listOf, textOf } from '../template.ts';

/** What no schema sees: a reference to nothing, or evidence that is not what it says. */
export interface ReferenceProblem {
  readonly document: 'component-definition' | 'assessment-results';
  readonly where: string;
  readonly problem: string;
}

/** What the documents must agree with. */
export interface Known {
  /** `ac-2.3`, as OSCAL writes them. */
  readonly controls: ReadonlySet<string>;
  /** Bundle path → hex SHA-256 of the file as it is. */
  readonly files: ReadonlyMap<string, string>;
  readonly now: number;
}

const METHODS = ['EXAMINE', 'INTERVIEW', 'TEST'];

/**
 * Follows every reference of both documents: each uuid is there once, each control exists, methods are those of
 * SP 800-53A, each file exists and has its digest, nothing was collected in the future, nothing is expired.
 */
export function checkReferences(
  component: unknown,
  results: unknown,
  known: Known,
): readonly ReferenceProblem[] {
  return [
    ...checkComponent(component, known).map((problem) => ({
      document: 'component-definition' as const,
      ...problem,
    })),
    ...checkResults(component, results, known).map((problem) => ({
      document: 'assessment-results' as const,
      ...problem,
    })),
  ];
}

type Problem = Omit<ReferenceProblem, 'document'>;

const implementationsOf = (component: unknown): readonly unknown[] =>
  listOf(at(component, 'component-definition', 'components')).flatMap((one) =>
    listOf(at(one, 'control-implementations')),
  );

const requirementsOf = (component: unknown): readonly unknown[] =>
  implementationsOf(component).flatMap((one) => listOf(at(one, 'implemented-requirements')));

function checkComponent(component: unknown, known: Known): readonly Problem[] {
  const resources = uuidsOf(at(component, 'component-definition', 'back-matter', 'resources'));
  return [
    ...twice(component),
    ...implementationsOf(component).flatMap((one) => internal(at(one, 'source'), resources, 'source')),
    ...requirementsOf(component).flatMap((one) => control(at(one, 'control-id'), known)),
    ...(requirementsOf(component).length === 0
      ? [{ where: 'components', problem: 'no control is spoken of' }]
      : []),
  ];
}

function checkResults(component: unknown, document: unknown, known: Known): readonly Problem[] {
  const root = at(document, 'assessment-results');
  const resources = listOf(at(root, 'back-matter', 'resources'));
  const ids = uuidsOf(resources);
  const results = listOf(at(root, 'results'));
  const statements = uuidsOf(requirementsOf(component));
  return [
    ...twice(document),
    ...internal(at(root, 'import-ap', 'href'), ids, 'import-ap'),
    ...(results.length === 0 ? [{ where: 'results', problem: 'there is none' }] : []),
    ...results.flatMap((one) => checkResult(one, ids, statements, known)),
    ...resources.flatMap((one) => checkResource(one, known)),
  ];
}

function checkResult(
  result: unknown,
  resources: ReadonlySet<string>,
  statements: ReadonlySet<string>,
  known: Known,
): readonly Problem[] {
  const observations = listOf(at(result, 'observations'));
  const observed = uuidsOf(observations);
  const risks = listOf(at(result, 'risks'));
  const findings = listOf(at(result, 'findings'));
  const selections = listOf(at(result, 'reviewed-controls', 'control-selections'));
  const pointsTo = (from: readonly unknown[], list: string, name: string, targets: ReadonlySet<string>) =>
    from.flatMap((one) =>
      listOf(at(one, list))
        .map((reference) => textOf(at(reference, name)))
        .filter((uuid) => !targets.has(uuid))
        .map((uuid) => ({ where: `${textOf(at(one, 'title'))} ${name}`, problem: `${uuid} is not there` })),
    );
  return [
    ...selections.flatMap((selection) =>
      listOf(at(selection, 'include-controls')).flatMap((one) => control(at(one, 'control-id'), known)),
    ),
    ...past(at(result, 'end'), known.now, 'end'),
    ...observations.flatMap((one) => checkObservation(one, resources, known)),
    ...pointsTo([...findings, ...risks], 'related-observations', 'observation-uuid', observed),
    ...pointsTo(findings, 'related-risks', 'risk-uuid', uuidsOf(risks)),
    ...findings.flatMap((finding) => checkFinding(finding, statements, known)),
  ];
}

function checkObservation(one: unknown, resources: ReadonlySet<string>, known: Known): readonly Problem[] {
  const where = textOf(at(one, 'title'));
  const methods = listOf(at(one, 'methods')).map(textOf);
  const evidence = listOf(at(one, 'relevant-evidence'));
  const expires = Date.parse(textOf(at(one, 'expires')));
  return [
    ...(methods.length > 0 && methods.every((method) => METHODS.includes(method))
      ? []
      : [{ where, problem: `"${methods.join()}" is no method of SP 800-53A` }]),
    ...(evidence.length === 0 ? [{ where, problem: 'it has no evidence' }] : []),
    ...evidence.flatMap((item) => internal(at(item, 'href'), resources, where)),
    ...past(at(one, 'collected'), known.now, where),
    ...(expires > known.now ? [] : [{ where, problem: 'it is expired' }]),
  ];
}

function checkFinding(finding: unknown, statements: ReadonlySet<string>, known: Known): readonly Problem[] {
  const where = textOf(at(finding, 'title'));
  const statement = textOf(at(finding, 'implementation-statement-uuid'));
  const state = at(finding, 'target', 'status', 'state');
  return [
    ...control(textOf(at(finding, 'target', 'target-id')).replace(/_smt$/, ''), known),
    ...(statements.has(statement) ? [] : [{ where, problem: `statement ${statement} is not there` }]),
    ...(state === 'satisfied' && listOf(at(finding, 'related-observations')).length === 0
      ? [{ where, problem: 'it is satisfied by nothing' }]
      : []),
    ...(state === 'satisfied' || listOf(at(finding, 'related-risks')).length > 0
      ? []
      : [{ where, problem: 'it is not satisfied and names no risk' }]),
  ];
}

function checkResource(resource: unknown, { files }: Known): readonly Problem[] {
  return listOf(at(resource, 'rlinks')).flatMap((link) => {
    const where = textOf(at(link, 'href'));
    const actual = files.get(where);
    if (actual === undefined) return [{ where, problem: 'there is no such file' }];
    const claimed = listOf(at(link, 'hashes')).map((one) => textOf(at(one, 'value')));
    return claimed.includes(actual) ? [] : [{ where, problem: 'its digest is another' }];
  });
}

const control = (id: unknown, { controls }: Known): readonly Problem[] =>
  controls.has(textOf(id)) ? [] : [{ where: textOf(id), problem: 'there is no such control' }];

const internal = (href: unknown, resources: ReadonlySet<string>, where: string): readonly Problem[] =>
  textOf(href).startsWith('#') && resources.has(textOf(href).slice(1))
    ? []
    : [{ where, problem: `${textOf(href)} is not in the back matter` }];

const past = (time: unknown, now: number, where: string): readonly Problem[] =>
  Date.parse(textOf(time)) <= now ? [] : [{ where, problem: `${textOf(time)} is no time before now` }];

const uuidsOf = (list: unknown): ReadonlySet<string> =>
  new Set(listOf(list).map((one) => textOf(at(one, 'uuid'))));

/** Uuids that stand twice in a document. */
function twice(document: unknown): readonly Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const uuid = 'uuid' in value ? textOf(value.uuid) : undefined;
    if (uuid !== undefined && seen.has(uuid)) problems.push({ where: uuid, problem: 'it stands twice' });
    if (uuid !== undefined) seen.add(uuid);
    for (const inner of Object.values(value)) walk(inner);
  };
  walk(document);
  return problems;
}
