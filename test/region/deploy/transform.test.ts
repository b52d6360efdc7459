import { expect, test } from 'vitest';
import { checkTransformer, transform, valueAt } from '../../../region/services/eventbridge/transform.ts';

const context = {
  ruleArn: 'arn:aws:events:us-east-1:123456789012:rule/trivet-instance-waits',
  ruleName: 'trivet-instance-waits',
  ingestionTime: '2026-01-02T03:04:05.678Z',
  event: {
    id: 'e-1',
    source: 'aws.autoscaling',
    resources: ['arn:group'],
    detail: { 'instance-id': 'i-1', name: 'say "hi"', count: 2, tags: { a: [1] } },
  },
};
const paths = {
  id: '$.detail.instance-id',
  name: '$.detail.name',
  count: '$.detail.count',
  tags: '$.detail.tags',
  first: '$.resources[0]',
  missing: '$.detail.nothing',
};

test.each<[string, string, unknown]>([
  ['a bare text brings its quotes', '{"id":<id>}', { id: 'i-1' }],
  ['a quoted text does not', '{"id":"instance <id>"}', { id: 'instance i-1' }],
  ['quotes within a text are escaped', '{"a":<name>,"b":"<name>!"}', { a: 'say "hi"', b: 'say "hi"!' }],
  ['a number', '{"n":<count>,"text":"<count>"}', { n: 2, text: '2' }],
  ['an object', '{"tags":<tags>}', { tags: { a: [1] } }],
  ['an object within quotes is its JSON', '{"tags":"<tags>"}', { tags: '{"a":[1]}' }],
  ['an entry of a list', '{"group":<first>}', { group: 'arn:group' }],
  ['a path that leads nowhere within quotes leaves nothing', '{"m":"[<missing>]"}', { m: '[]' }],
  [
    'the rule',
    '{"rule":<aws.events.rule-name>,"arn":"<aws.events.rule-arn>"}',
    { rule: context.ruleName, arn: context.ruleArn },
  ],
  ['the whole event', '{"event":<aws.events.event.json>}', { event: context.event }],
  [
    'the event without its detail',
    '{"event":<aws.events.event>,"at":<aws.events.event.ingestion-time>}',
    {
      event: { id: 'e-1', source: 'aws.autoscaling', resources: ['arn:group'] },
      at: '2026-01-02T03:04:05.678Z',
    },
  ],
  ['plain text', '"<id> waits"', 'i-1 waits'],
  ['several lines of text', '"<id> waits"\n"in <first>"', 'i-1 waits\nin arn:group'],
])('%s', (_, InputTemplate, expected) => {
  expect(JSON.parse(transform({ InputPathsMap: paths, InputTemplate }, context))).toEqual(expected);
});

test('a template that gives no JSON is not delivered', () => {
  expect(() => transform({ InputPathsMap: paths, InputTemplate: '{"id":<missing>}' }, context)).toThrow(
    'the input template gives invalid JSON: {"id":}',
  );
});

test.each([
  ['$', { a: { 'b.c': [7] } }],
  ["$.a['b.c'][0]", 7],
  ['$.a.x.y', undefined],
])('the path %s leads to its value', (path, expected) => {
  expect(valueAt({ a: { 'b.c': [7] } }, path)).toEqual(expected);
});

test.each([
  [{ InputTemplate: '{"a":<b>}' }, 'contains placeholder(s) without a path: b'],
  [
    { InputPathsMap: { 'aws.mine': '$.a' }, InputTemplate: '"x"' },
    'InputPathsMap key aws.mine of target t is reserved.',
  ],
  [
    { InputPathsMap: { b: 'detail.a' }, InputTemplate: '<b>' },
    'Invalid JSON path detail.a: it must start with $.',
  ],
  [{ InputPathsMap: { b: '$..a' }, InputTemplate: '<b>' }, 'Invalid JSON path $..a at ..a.'],
  [{ InputTemplate: '' }, 'InputTemplate of target t is missing.'],
])('the transformer %j is refused', (transformer, message) => {
  expect(() => checkTransformer('t', transformer)).toThrow(message);
});
