import { createRequire } from 'node:module';
import { beforeAll, describe, expect, test } from 'vitest';
import { catalog } from '../../functions/catalog.ts';
import { catalogue, type ErrorName } from '../../functions/runtime/error-catalogue.ts';
import type { Contract } from '../../functions/runtime/task.ts';
import { expressionsOf, kebab, readContracts, readWorkflows } from './read-workflows.ts';

const validate = createRequire(import.meta.url)('asl-validator') as (
  definition: unknown,
  options: object,
) => { isValid: boolean; errorsText: (separator: string) => string };

/** What AWS itself reports in a Lambda task (reference aws-etcd-kubeadm-facts §4.1). */
const errorsOfAws = [
  'Lambda.AWSLambdaException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.SdkClientException',
  'Lambda.ServiceException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
  'States.ALL',
  'States.Timeout',
];

let contracts: Map<string, Contract<unknown, unknown>>;
beforeAll(async () => {
  contracts = await readContracts();
});

const workflows = readWorkflows();
const tasksOf = (workflow: (typeof workflows)[number]) =>
  workflow.states.filter(({ state }) => state.Type === 'Task');

describe.each(workflows)('workflow $name', (workflow) => {
  test('is accepted by the validator', () => {
    const verdict = validate(workflow.definition, { checkPaths: false, checkArn: false });
    expect(verdict.isValid ? '' : verdict.errorsText('\n')).toBe('');
  });

  test('is written in JSONata, says what it is for, and ends in a bounded time', () => {
    expect(workflow.definition.QueryLanguage).toBe('JSONata');
    expect(workflow.definition.Comment).not.toBe('');
    expect(workflow.definition.TimeoutSeconds).toBeGreaterThan(0);
  });

  test('has a comment on every state', () => {
    expect(workflow.states.filter(({ state }) => !state.Comment).map(({ name }) => name)).toEqual([]);
  });

  test('names no state twice, not even inside Map and Parallel', () => {
    const names = workflow.states.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test('calls each task by one name: state, placeholder, catalogue, file and contract', () => {
    for (const { name, state } of tasksOf(workflow)) {
      const task = kebab(name);
      const entry = catalog.find((one) => one.name === task);
      expect(kebab(state.Arguments?.FunctionName ?? '')).toBe(task);
      expect(entry?.entry ?? `no ${task} in the catalogue`).toMatch(new RegExp(`/${task}\\.ts$`));
      expect(contracts.get(task)?.name).toBe(task);
    }
  });

  test('gives each task what its contract asks for, and nothing else', () => {
    for (const { name, state } of tasksOf(workflow)) {
      const input = contracts.get(kebab(name))?.input as unknown as { shape: Record<string, Field> };
      const given = Object.keys(state.Arguments?.Payload ?? {});
      const known = Object.keys(input.shape);
      const needed = known.filter((key) => input.shape[key]?._zod.optin !== 'optional');
      expect({ name, unknown: given.filter((key) => !known.includes(key)) }).toEqual({ name, unknown: [] });
      expect({ name, missing: needed.filter((key) => !given.includes(key)) }).toEqual({ name, missing: [] });
    }
  });

  test('waits for each task longer than Lambda lets it run', () => {
    for (const { name, state } of tasksOf(workflow)) {
      const entry = catalog.find((one) => one.name === kebab(name));
      expect(state.TimeoutSeconds ?? 0, name).toBeGreaterThan(entry?.timeoutSeconds ?? 900);
    }
  });

  test('names only errors that Trivet or AWS knows', () => {
    const known = [...Object.keys(catalogue), ...errorsOfAws];
    for (const { name, state } of workflow.states) {
      const named = [...(state.Retry ?? []), ...(state.Catch ?? [])].flatMap((rule) => rule.ErrorEquals);
      const thrown =
        state.Type === 'Fail' && state.Error && !state.Error.startsWith('{%') ? [state.Error] : [];
      expect({ name, unknown: [...named, ...thrown].filter((error) => !known.includes(error)) }).toEqual({
        name,
        unknown: [],
      });
    }
  });

  test('retries only named errors that a repeat can cure, with the arithmetic in the comment', () => {
    for (const { name, state } of workflow.states)
      for (const rule of state.Retry ?? []) {
        expect(rule.Comment, name).toMatch(/\d+ (s|minutes?) in all/);
        const own = rule.ErrorEquals.filter((error): error is ErrorName => error in catalogue);
        const terminal = own.filter((error) => {
          const ErrorClass = catalogue[error] as new (message: string, options: object) => { kind: string };
          return new ErrorClass('', { code: '' }).kind !== 'retryable';
        });
        expect({ name, terminal }).toEqual({ name, terminal: [] });
        expect(rule.ErrorEquals).not.toContain('States.ALL');
      }
  });

  test('catches everything last, and nothing but everything last', () => {
    for (const { name, state } of workflow.states)
      for (const [index, rule] of (state.Catch ?? []).entries()) {
        const last = index === (state.Catch ?? []).length - 1;
        expect({ name, all: rule.ErrorEquals.includes('States.ALL') }).toEqual({ name, all: last });
      }
  });

  test('routes every error that a task declares: retried, or caught around it', () => {
    const passing = ['AwsThrottled', 'AwsUnavailable', 'TaskTimedOut', 'Lambda.Unknown', 'Sandbox.Timedout'];
    for (const { name, state, catchers } of tasksOf(workflow)) {
      const retried = (state.Retry ?? []).flatMap((rule) => rule.ErrorEquals);
      expect({ name, unretried: passing.filter((error) => !retried.includes(error)) }).toEqual({
        name,
        unretried: [],
      });
      const caught = catchers.flatMap((rule) => rule.ErrorEquals);
      const declared = contracts.get(kebab(name))?.errors ?? [];
      const lost = declared.filter(
        (error) => !retried.includes(error) && !caught.includes(error) && !caught.includes('States.ALL'),
      );
      expect({ name, lost }).toEqual({ name, lost: [] });
    }
  });

  test('retries no error that its task cannot have', () => {
    const anyTask = [
      ...errorsOfAws,
      'AwsThrottled',
      'AwsUnavailable',
      'TaskTimedOut',
      'InputInvalid',
      'OutputInvalid',
      'ConfigInvalid',
      'AwsRefused',
    ];
    for (const { name, state } of tasksOf(workflow)) {
      const possible = [...anyTask, ...(contracts.get(kebab(name))?.errors ?? [])];
      const named = [...(state.Retry ?? []), ...(state.Catch ?? [])].flatMap((rule) => rule.ErrorEquals);
      expect({ name, impossible: named.filter((error) => !possible.includes(error)) }).toEqual({
        name,
        impossible: [],
      });
    }
  });

  test('only compares in choices, and computes nothing but the count of a poll', () => {
    const comparison = [
      /^\$[\w.]+ = '[\w-]+'$/,
      /^\$[\w.]+ in \[('[\w-]+'(, )?)+\]$/,
      /^\$[\w.]+ = null$/,
      /^\$[\w.]+$/,
      /^\$\w+ < \d+$/,
    ];
    for (const { name, state } of workflow.states)
      for (const { Condition } of state.Choices ?? []) {
        const [expression = ''] = expressionsOf(Condition);
        expect(
          comparison.some((form) => form.test(expression)),
          `${name}: ${expression}`,
        ).toBe(true);
      }
    const computing = /[+*/%<>-]|\$(map|filter|reduce|sum|sort|count|now|millis|number)\b/;
    for (const expression of expressionsOf(workflow.definition)) {
      const withoutTexts = expression.replace(/'(?:[^'\\]|\\.)*'/g, "''");
      if (/^\$\w+ \+ 1$/.test(withoutTexts) || /^\$\w+ < \d+$/.test(withoutTexts)) continue;
      expect(withoutTexts).not.toMatch(computing);
    }
  });
});

describe('the catalogue of tasks', () => {
  test('has a file and a contract of its name for each', () => {
    for (const { name, entry } of catalog) {
      expect(entry.endsWith(`/${name}.ts`), entry).toBe(true);
      expect(contracts.get(name)?.name ?? `${name} has no contract`).toBe(name);
    }
  });
});

interface Field {
  readonly _zod: { readonly optin?: string };
}
