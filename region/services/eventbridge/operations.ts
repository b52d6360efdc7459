import type { EventBridge, PutRuleRequest, Target } from '@aws-sdk/client-eventbridge';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import { compilePattern } from './pattern.ts';
import type { Rule, Rules } from './rules.ts';
import { checkTransformer, parsePath } from './transform.ts';

const targetMembers = [
  'Id',
  'Arn',
  'RoleArn',
  'Input',
  'InputPath',
  'InputTransformer',
  'DeadLetterConfig',
  'RetryPolicy',
] as const;
const playedTargets = ['lambda', 'states', 'sqs'];
const mostTargets = 5;

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** Rules: make, change, read, delete. */
export function ruleOperations(rules: Rules) {
  const setEnabled = (name: string | undefined, enabled: boolean) => {
    rules.find(name).enabled = enabled;
    return {};
  };
  return {
    putRule: (input) => putRule(rules, input),
    deleteRule: (input) => {
      onlyPlayed('eventbridge.deleteRule', input, ['Name', 'EventBusName', 'Force']);
      rules.checkBus(input.EventBusName);
      const rule = rules.byName.get(input.Name ?? '');
      if (!rule) return {};
      if (rule.targets.size > 0) throw invalid(`Rule can't be deleted since it has targets.`);
      rules.byName.delete(rule.name);
      return {};
    },
    describeRule: (input) => {
      rules.checkBus(input.EventBusName);
      return { ...shapeOf(rules.find(input.Name)), EventBusName: 'default' };
    },
    listRules: (input) => {
      onlyPlayed('eventbridge.listRules', input, ['NamePrefix', 'EventBusName', 'NextToken', 'Limit']);
      rules.checkBus(input.EventBusName);
      const all = [...rules.byName.values()]
        .filter(({ name }) => name.startsWith(input.NamePrefix ?? ''))
        .sort((l, r) => (l.name < r.name ? -1 : 1));
      const start = Number(input.NextToken ?? 0);
      const end = start + (input.Limit ?? 100);
      return {
        Rules: all.slice(start, end).map(shapeOf),
        ...(end < all.length ? { NextToken: String(end) } : {}),
      };
    },
    enableRule: ({ Name: name }) => setEnabled(name, true),
    disableRule: ({ Name: name }) => setEnabled(name, false),
    testEventPattern: ({ EventPattern: pattern = '', Event: event = '' }) => {
      const parsed = JSON.parse(event) as Record<string, unknown>;
      for (const field of ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type']) {
        if (!Object.hasOwn(parsed, field)) throw invalid(`Event is not valid. Reason: ${field} is missing`);
      }
      return { Result: compilePattern(pattern)(parsed) };
    },
  } satisfies Operations<EventBridge>;
}

/** Makes a rule or changes it; its targets and tags stay. */
function putRule(rules: Rules, input: PutRuleRequest) {
  onlyPlayed('eventbridge.putRule', input, [
    'Name',
    'EventPattern',
    'State',
    'Description',
    'EventBusName',
    'Tags',
    'RoleArn',
  ]);
  rules.checkBus(input.EventBusName);
  const { Name: name = '', EventPattern: pattern, State: state = 'ENABLED' } = input;
  if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(name)) throw invalid(`The rule name ${name} is malformed.`);
  if (pattern === undefined)
    throw invalid(
      'Parameter(s) EventPattern must be specified; the embedded region has its schedules in Scheduler.',
    );
  if (state !== 'ENABLED' && state !== 'DISABLED')
    throw new NotPlayedError(`eventbridge.putRule with State ${state}`);
  const before = rules.byName.get(name);
  const tags = new Map([
    ...(before?.tags ?? []),
    ...(input.Tags ?? []).map(({ Key = '', Value = '' }): [string, string] => [Key, Value]),
  ]);
  const rule: Rule = {
    name,
    arn: rules.arnOf(name),
    pattern,
    matches: compilePattern(pattern),
    description: input.Description ?? '',
    enabled: state === 'ENABLED',
    targets: before?.targets ?? new Map(),
    tags,
  };
  rules.byName.set(name, rule);
  return { RuleArn: rule.arn };
}

/** Targets of rules, and tags. */
export function targetOperations(rules: Rules) {
  const byArn = (arn: string | undefined): Rule => rules.find(arn?.split('rule/')[1]);
  return {
    putTargets: (input) => {
      onlyPlayed('eventbridge.putTargets', input, ['Rule', 'EventBusName', 'Targets']);
      rules.checkBus(input.EventBusName);
      const rule = rules.find(input.Rule);
      for (const target of input.Targets ?? []) checkTarget(target);
      const after = new Map([
        ...rule.targets,
        ...(input.Targets ?? []).map((target): [string, Target] => [target.Id ?? '', target]),
      ]);
      if (after.size > mostTargets) {
        throw new AwsError(
          'LimitExceededException',
          `The requested resource exceeds the maximum number allowed: ${mostTargets} targets.`,
        );
      }
      for (const [id, target] of after) rule.targets.set(id, target);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    removeTargets: (input) => {
      onlyPlayed('eventbridge.removeTargets', input, ['Rule', 'EventBusName', 'Ids', 'Force']);
      rules.checkBus(input.EventBusName);
      const rule = rules.find(input.Rule);
      for (const id of input.Ids ?? []) rule.targets.delete(id);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    listTargetsByRule: (input) => {
      rules.checkBus(input.EventBusName);
      return { Targets: [...rules.find(input.Rule).targets.values()] };
    },
    listRuleNamesByTarget: ({ TargetArn: arn }) => ({
      RuleNames: [...rules.byName.values()]
        .filter(({ targets }) => [...targets.values()].some((target) => target.Arn === arn))
        .map(({ name }) => name),
    }),
    tagResource: ({ ResourceARN: arn, Tags: tags = [] }) => {
      for (const { Key = '', Value = '' } of tags) byArn(arn).tags.set(Key, Value);
      return {};
    },
    untagResource: ({ ResourceARN: arn, TagKeys: keys = [] }) => {
      for (const key of keys) byArn(arn).tags.delete(key);
      return {};
    },
    listTagsForResource: ({ ResourceARN: arn }) => ({
      Tags: [...byArn(arn).tags].map(([Key, Value]) => ({ Key, Value })),
    }),
  } satisfies Operations<EventBridge>;
}

function checkTarget(target: Target): void {
  const { Id: id = '', Arn: arn = '' } = target;
  onlyPlayed(`eventbridge.putTargets (target ${id})`, target, targetMembers);
  const service = arn.split(':')[2] ?? '';
  if (!playedTargets.includes(service)) throw new NotPlayedError(`the EventBridge target ${arn}`);
  if (service === 'states' && !target.RoleArn) throw invalid(`RoleArn is required for target ${arn}.`);
  const inputs = [target.Input, target.InputPath, target.InputTransformer].filter(
    (input) => input !== undefined,
  );
  if (inputs.length > 1)
    throw invalid(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  if (target.Input !== undefined) parseInput(id, target.Input);
  if (target.InputPath !== undefined) parsePath(target.InputPath);
  if (target.InputTransformer) checkTransformer(id, target.InputTransformer);
  const { MaximumRetryAttempts: retries = 185, MaximumEventAgeInSeconds: age = 86_400 } =
    target.RetryPolicy ?? {};
  if (retries < 0 || retries > 185)
    throw invalid(`MaximumRetryAttempts of target ${id} must be between 0 and 185.`);
  if (age < 60 || age > 86_400)
    throw invalid(`MaximumEventAgeInSeconds of target ${id} must be between 60 and 86400.`);
}

function parseInput(id: string, input: string): void {
  try {
    JSON.parse(input);
  } catch (error) {
    throw invalid(
      `JSON syntax error in input for target ${id}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function shapeOf(rule: Rule) {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventPattern: rule.pattern,
    State: rule.enabled ? ('ENABLED' as const) : ('DISABLED' as const),
    ...(rule.description ? { Description: rule.description } : {}),
    EventBusName: 'default',
  };
}
