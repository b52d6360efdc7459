import { expect, test } from 'vitest';
import {
  evaluate,
  evaluateCondition,
  type Scope,
} from '../../../region/services/cloudformation/intrinsics.ts';

const scope: Scope = {
  reference: (name) =>
    ({ Name: 'trivet', Many: ['one', 'two'], 'AWS::Region': 'us-east-1', Table: 'trivet-registry' })[name],
  attribute: (logicalId, attribute) => `${logicalId}/${attribute}`,
  condition: (name) => name === 'Yes',
  mapping: (map, first, second) => `${map}:${first}:${second}`,
  importValue: (name) => `imported ${name}`,
  zones: ['us-east-1a', 'us-east-1b'],
};

test.each<[string, unknown, unknown]>([
  ['Ref of a parameter', { Ref: 'Name' }, 'trivet'],
  ['Ref of a list parameter', { Ref: 'Many' }, ['one', 'two']],
  ['Fn::GetAtt in its list form', { 'Fn::GetAtt': ['Table', 'Arn'] }, 'Table/Arn'],
  ['Fn::GetAtt in its string form', { 'Fn::GetAtt': 'Table.Stream.Arn' }, 'Table/Stream.Arn'],
  ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Name' }, 3]] }, 'a-trivet-3'],
  ['Fn::Join over a function', { 'Fn::Join': [',', { Ref: 'Many' }] }, 'one,two'],
  ['Fn::Sub', { 'Fn::Sub': '${Name} in ${AWS::Region}: ${Table.Arn}' }, 'trivet in us-east-1: Table/Arn'],
  [
    'Fn::Sub with its own variables',
    { 'Fn::Sub': ['${Name}/${Own}', { Own: { Ref: 'Table' } }] },
    'trivet/trivet-registry',
  ],
  ['Fn::Sub with a literal', { 'Fn::Sub': '${!Literal} ${Name}' }, '${Literal} trivet'],
  ['Fn::Select', { 'Fn::Select': [1, ['a', 'b']] }, 'b'],
  ['Fn::Select by text', { 'Fn::Select': ['0', { 'Fn::GetAZs': '' }] }, 'us-east-1a'],
  ['Fn::Split', { 'Fn::Split': [',', 'a,b'] }, ['a', 'b']],
  ['Fn::GetAZs', { 'Fn::GetAZs': { Ref: 'AWS::Region' } }, ['us-east-1a', 'us-east-1b']],
  ['Fn::Cidr', { 'Fn::Cidr': ['10.80.0.0/16', 3, 12] }, ['10.80.0.0/20', '10.80.16.0/20', '10.80.32.0/20']],
  [
    'Fn::Cidr of loopback, figures as text',
    { 'Fn::Cidr': ['127.80.0.0/16', '2', '12'] },
    ['127.80.0.0/20', '127.80.16.0/20'],
  ],
  ['Fn::Cidr without host bits', { 'Fn::Cidr': ['10.0.0.0/16', 2] }, ['10.0.0.0/24', '10.0.1.0/24']],
  ['Fn::ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': '${Name}-vpc' } }, 'imported trivet-vpc'],
  ['Fn::Base64', { 'Fn::Base64': 'hello' }, 'aGVsbG8='],
  ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'Name' }, 'small'] }, 'Sizes:trivet:small'],
  ['Fn::If that holds', { 'Fn::If': ['Yes', 'a', 'b'] }, 'a'],
  ['Fn::If that does not hold', { 'Fn::If': ['No', 'a', { Ref: 'Name' }] }, 'trivet'],
  ['AWS::NoValue in an object', { kept: 1, gone: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
  ['AWS::NoValue in a list', [1, { 'Fn::If': ['No', 2, { Ref: 'AWS::NoValue' }] }], [1]],
  ['plain JSON', { a: [1, { b: null }], c: true }, { a: [1, { b: null }], c: true }],
])('%s', (_, value, expected) => {
  expect(evaluate(value, scope)).toEqual(expected);
});

test.each<[string, unknown, string]>([
  [
    'an unknown function',
    { 'Fn::ToJsonString': {} },
    'does not play the intrinsic function Fn::ToJsonString',
  ],
  ['a transform', { 'Fn::Transform': {} }, 'does not play the intrinsic function Fn::Transform'],
  ['a dynamic reference', '{{resolve:ssm:name}}', 'does not play dynamic references'],
  ['a function beside other members', { 'Fn::Sub': 'x', other: 1 }, 'Fn::Sub must stand alone in its object'],
  [
    'a list where text is wanted',
    { 'Fn::Join': ['-', [['a']]] },
    'Fn::Join needs a string where it has ["a"]',
  ],
  ['an index beyond the list', { 'Fn::Select': [2, ['a', 'b']] }, 'nonexistent value at index 2'],
  [
    'blocks that do not fit',
    { 'Fn::Cidr': ['10.0.0.0/24', 3, 7] },
    'cannot take 3 blocks of 7 host bits from 10.0.0.0/24',
  ],
])('%s is refused', (_, value, message) => {
  expect(() => evaluate(value, scope)).toThrow(message);
});

test.each<[unknown, boolean]>([
  [{ 'Fn::Equals': [{ Ref: 'Name' }, 'trivet'] }, true],
  [{ 'Fn::Equals': ['1', 1] }, true],
  [{ 'Fn::Equals': ['a', 'b'] }, false],
  [{ 'Fn::Not': [{ Condition: 'Yes' }] }, false],
  [{ 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Equals': ['a', 'a'] }] }, true],
  [{ 'Fn::Or': [{ Condition: 'No' }, { Condition: 'Yes' }] }, true],
  [{ 'Fn::Contains': [['1', '2'], '3'] }, false],
])('the condition %j is %s', (condition, expected) => {
  expect(evaluateCondition(condition, scope)).toBe(expected);
});

test('an unknown condition function is refused', () => {
  expect(() => evaluateCondition({ 'Fn::EachMemberIn': [] }, scope)).toThrow(
    'does not play the condition function Fn::EachMemberIn',
  );
});
