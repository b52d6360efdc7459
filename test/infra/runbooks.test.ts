import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runbooks } from '../../functions/runbooks/definitions.ts';
import { ofType, root, synthesize, writeStubBundles } from './support/synthesize.ts';

const bundleDir = writeStubBundles();
afterAll(() => rmSync(bundleDir, { recursive: true }));
const { operations } = synthesize({ bundleDir });

interface Content {
  readonly schemaVersion: string;
  readonly description: string;
  readonly assumeRole: { readonly 'Fn::GetAtt': readonly [string, string] };
  readonly parameters: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly mainSteps: readonly {
    readonly name: string;
    readonly action: string;
    readonly inputs: Readonly<Record<string, unknown>>;
  }[];
  readonly outputs: readonly string[];
}

const documents = ofType(operations, 'AWS::SSM::Document');
const contentOf = (name: string): Content => {
  const found = documents.find(({ Properties }) => Properties.Name === `trivet-${name}`);
  if (!found) throw new Error(`there is no document trivet-${name}`);
  return found.Properties.Content as Content;
};

test('there is one document for each runbook', () => {
  expect(documents.map(({ Properties }) => Properties.Name).sort()).toEqual(
    runbooks.map(({ name }) => `trivet-${name}`).sort(),
  );
});

describe.each(runbooks)('$name', ({ approval, name, parameters }) => {
  const content = contentOf(name);

  test('asks what is asked, each with a description and with what is allowed', () => {
    const asked = Object.entries(content.parameters).filter(([parameter]) => parameter !== 'Approvers');
    expect(asked.map(([parameter]) => parameter)).toEqual(parameters.map((one) => one.name));
    for (const [, { allowedPattern, allowedValues, description, type }] of asked) {
      expect(type).toBe('String');
      expect(description).toMatch(/^\((Required|Optional)\) .{10,}/);
      expect(allowedPattern ?? allowedValues).toBeDefined();
    }
  });

  test('passes on each parameter, and nothing else, to the workflow behind it', () => {
    const run = content.mainSteps.at(-1);
    expect(run).toMatchObject({ name: 'Run', action: 'aws:executeStateMachine' });
    const input = JSON.parse(String(run?.inputs.input));
    expect(input).toEqual({
      runbook: name,
      automation: '{{ automation:EXECUTION_ID }}',
      parameters: Object.fromEntries(parameters.map((one) => [one.name, `{{ ${one.name} }}`])),
    });
  });

  test('waits for an approval where it destroys, and only there', () => {
    expect(content.mainSteps.map(({ action }) => action)).toEqual(
      approval ? ['aws:approve', 'aws:executeStateMachine'] : ['aws:executeStateMachine'],
    );
    expect('Approvers' in content.parameters).toBe(approval);
  });

  test('has a role of its own, which may run that workflow and nothing else', () => {
    const [logicalId] = content.assumeRole['Fn::GetAtt'];
    const statements = ofType(operations, 'AWS::IAM::Policy')
      .filter(({ Properties }) => JSON.stringify(Properties.Roles) === JSON.stringify([{ Ref: logicalId }]))
      .flatMap(
        ({ Properties }) => (Properties.PolicyDocument as { Statement: { Action: unknown }[] }).Statement,
      );
    expect(statements.map(({ Action }) => Action)).toEqual([
      'states:StartExecution',
      ['states:DescribeExecution', 'states:StopExecution'],
    ]);
  });

  test('has a page that says when, what, what never, how long, how to stop it and what can go wrong', () => {
    const page = join(root, 'docs/runbooks', `${name}.md`);
    expect(existsSync(page)).toBe(true);
    const text = readFileSync(page, 'utf8');
    expect(text).toContain(`Runbook: \`trivet-${name}\``);
    expect(text.match(/^## .*$/gm)).toEqual([
      '## When',
      '## What it will do',
      '## What it never does',
      '## How long',
      '## How to stop it',
      '## What can go wrong',
    ]);
    expect(content.description).toContain(`docs/runbooks/${name}.md`);
  });
});
