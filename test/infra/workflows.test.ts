import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { catalog } from '../../functions/catalog.ts';
import { pascalCase } from '../../infra/names.ts';
import { ofType, root, synthesize, writeStubBundles } from './support/synthesize.ts';

interface PolicyDocument {
  readonly Statement: readonly { readonly Action: string | string[]; readonly Resource: unknown }[];
}

const bundleDir = writeStubBundles();
afterAll(() => rmSync(bundleDir, { recursive: true }));
const { workflows } = synthesize({ bundleDir });

const files = readdirSync(join(root, 'workflows')).filter((file) => file.endsWith('.asl.json'));
const machines = new Map(
  ofType(workflows, 'AWS::StepFunctions::StateMachine').map((it) => [it.Properties.StateMachineName, it]),
);
const placeholdersIn = (text: string) => [...new Set(text.match(/(?<=\$\{)\w+(?=\})/g))].sort();

test('there is one state machine per workflow file', () => {
  expect([...machines.keys()].sort()).toEqual(files.map((file) => `trivet-${file.replace('.asl.json', '')}`));
});

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(root, 'workflows', file), 'utf8');
  const machine = machines.get(`trivet-${file.replace('.asl.json', '')}`)?.Properties ?? {};

  test('stands in the template byte for byte', () => {
    expect(machine.DefinitionString).toBe(text);
  });

  test('has a version of its task for each placeholder, and for nothing else', () => {
    const substitutions = machine.DefinitionSubstitutions as Record<string, { Ref: string }>;
    expect(Object.keys(substitutions).sort()).toEqual(placeholdersIn(text));
    const tasks = catalog.map(({ name }) => pascalCase(name));
    for (const [placeholder, { Ref }] of Object.entries(substitutions)) {
      expect(tasks).toContain(placeholder);
      expect(workflows.Resources[Ref]?.Type).toBe('AWS::Lambda::Version');
      expect(Ref).toMatch(new RegExp(`^${placeholder}Version[0-9a-f]{12}$`));
    }
  });

  test('is a standard one with a time limit, a log without data, and traces', () => {
    expect(machine).toMatchObject({
      StateMachineType: 'STANDARD',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
    });
    expect(JSON.parse(text).TimeoutSeconds).toBeGreaterThan(0);
  });

  test('may invoke the tasks that it names and no other', () => {
    const roles = JSON.stringify(machine.RoleArn);
    const policy = ofType(workflows, 'AWS::IAM::Policy').find(({ Properties }) =>
      roles.includes((Properties.Roles as [{ Ref: string }])[0].Ref),
    );
    const document = policy?.Properties.PolicyDocument as PolicyDocument | undefined;
    const invoking = (document?.Statement ?? []).filter(({ Action }) => Action === 'lambda:InvokeFunction');
    const invocable = invoking.flatMap(({ Resource }) => [Resource].flat()).map((it) => JSON.stringify(it));
    const named = invocable.map((it) => it.match(/:function:trivet-([a-z-]+):\*/)?.[1] ?? it);
    expect(named.map(pascalCase).sort()).toEqual(placeholdersIn(text));
  });
});

test('versions outlive their replacement, and a failed deployment leaves none behind', () => {
  for (const version of ofType(workflows, 'AWS::Lambda::Version')) {
    expect(version).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  }
});

test('a version gets another name when its bundle changes, and only then', () => {
  const before = ofType(workflows, 'AWS::Lambda::Version').map(({ id }) => id);
  const changed = writeStubBundles();
  try {
    writeFileSync(join(changed, 'observe-slot', 'index.mjs'), 'export const handler = () => 1;\n');
    const after = ofType(synthesize({ bundleDir: changed }).workflows, 'AWS::Lambda::Version').map(
      ({ id }) => id,
    );
    const gone = before.filter((id) => !after.includes(id)).map((id) => id.replace(/Version.*/, ''));
    expect(gone).toEqual(['ObserveSlot']);
  } finally {
    rmSync(changed, { recursive: true });
  }
});

describe('a workflow is refused', () => {
  const refusal = (definition: object) => {
    const workflowDir = join(bundleDir, 'refused');
    mkdirSync(workflowDir, { recursive: true });
    writeFileSync(join(workflowDir, 'odd.asl.json'), JSON.stringify(definition));
    return () => synthesize({ bundleDir, workflowDir });
  };

  test('when a placeholder stands for no task', () => {
    const task = { Type: 'Task', Resource: '${MakeCoffee}', End: true };
    expect(refusal({ TimeoutSeconds: 60, StartAt: 'A', States: { A: task } })).toThrow(
      'The placeholder ${MakeCoffee} stands for no task',
    );
  });

  test('when it has no time limit', () => {
    expect(refusal({ StartAt: 'A', States: { A: { Type: 'Succeed' } } })).toThrow(
      'odd.asl.json has no TimeoutSeconds',
    );
  });
});
