import { expect, test } from 'vitest';
import { compilePattern } from '../../../region/services/eventbridge/pattern.ts';

const event = {
  version: '0',
  source: 'aws.autoscaling',
  'detail-type': 'EC2 Instance-launch Lifecycle Action',
  resources: ['arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1', 'arn:other'],
  detail: {
    AutoScalingGroupName: 'trivet-blue-slot-a',
    State: 'Running',
    Count: 3,
    Ratio: 0.5,
    Spot: false,
    Reason: null,
    Address: '10.80.3.7',
    Path: 'C:\\logs\\*.txt',
    Empty: [],
    Disks: [
      { device: '/dev/xvda', size: 8 },
      { device: '/dev/xvdf', size: 20 },
    ],
  },
};

const inDetail = (detail: object): object => ({ detail });

test.each<[string, object, boolean]>([
  ['an exact value', { source: ['aws.autoscaling'] }, true],
  ['one of several values', { source: ['aws.ec2', 'aws.autoscaling'] }, true],
  ['another value', { source: ['aws.ec2'] }, false],
  ['exact values mind the case', { source: ['AWS.autoscaling'] }, false],
  ['all fields have to match', { source: ['aws.autoscaling'], detail: { State: ['Stopped'] } }, false],
  ['a number', inDetail({ Count: [3] }), true],
  ['a number is no text', inDetail({ Count: ['3'] }), false],
  ['a boolean', inDetail({ Spot: [false] }), true],
  ['null', inDetail({ Reason: [null] }), true],
  ['null is not absence', inDetail({ Missing: [null] }), false],
  ['one entry of a list', { resources: ['arn:other'] }, true],
  ['no entry of a list', { resources: ['arn:third'] }, false],
  ['prefix', inDetail({ AutoScalingGroupName: [{ prefix: 'trivet-' }] }), true],
  ['prefix that is not there', inDetail({ AutoScalingGroupName: [{ prefix: 'rivet-' }] }), false],
  [
    'prefix in any case',
    inDetail({ AutoScalingGroupName: [{ prefix: { 'equals-ignore-case': 'TRIVET-' } }] }),
    true,
  ],
  ['suffix', inDetail({ AutoScalingGroupName: [{ suffix: '-a' }] }), true],
  [
    'suffix in any case',
    inDetail({ AutoScalingGroupName: [{ suffix: { 'equals-ignore-case': '-A' } }] }),
    true,
  ],
  ['suffix that is not there', inDetail({ AutoScalingGroupName: [{ suffix: '-b' }] }), false],
  ['equals-ignore-case', inDetail({ State: [{ 'equals-ignore-case': 'RUNNING' }] }), true],
  [
    'equals-ignore-case with several',
    inDetail({ State: [{ 'equals-ignore-case': ['STOPPED', 'running'] }] }),
    true,
  ],
  ['anything-but', inDetail({ State: [{ 'anything-but': 'Stopped' }] }), true],
  ['anything-but itself', inDetail({ State: [{ 'anything-but': ['Stopped', 'Running'] }] }), false],
  ['anything-but a number', inDetail({ Count: [{ 'anything-but': [1, 2] }] }), true],
  ['anything-but does not match absence', inDetail({ Missing: [{ 'anything-but': 'x' }] }), false],
  ['anything-but prefix', inDetail({ State: [{ 'anything-but': { prefix: 'Run' } }] }), false],
  [
    'anything-but several prefixes',
    inDetail({ State: [{ 'anything-but': { prefix: ['Sto', 'Ter'] } }] }),
    true,
  ],
  ['anything-but suffix', inDetail({ State: [{ 'anything-but': { suffix: 'ing' } }] }), false],
  [
    'anything-but in any case',
    inDetail({ State: [{ 'anything-but': { 'equals-ignore-case': ['running'] } }] }),
    false,
  ],
  ['anything-but wildcard', inDetail({ State: [{ 'anything-but': { wildcard: 'R*g' } }] }), false],
  ['numeric equal', inDetail({ Count: [{ numeric: ['=', 3] }] }), true],
  ['numeric range', inDetail({ Count: [{ numeric: ['>', 0, '<=', 3] }] }), true],
  ['numeric beyond', inDetail({ Ratio: [{ numeric: ['>=', 0.6] }] }), false],
  ['numeric of text', inDetail({ State: [{ numeric: ['>', 0] }] }), false],
  ['exists', inDetail({ State: [{ exists: true }] }), true],
  ['exists not', inDetail({ Missing: [{ exists: false }] }), true],
  ['exists not, but it does', inDetail({ State: [{ exists: false }] }), false],
  ['exists of null', inDetail({ Reason: [{ exists: true }] }), true],
  ['exists of an object is false, as only leaves exist', { detail: [{ exists: true }] }, false],
  ['exists of an empty list is false', inDetail({ Empty: [{ exists: false }] }), true],
  ['cidr', inDetail({ Address: [{ cidr: '10.80.0.0/16' }] }), true],
  ['cidr elsewhere', inDetail({ Address: [{ cidr: '10.81.0.0/16' }] }), false],
  ['wildcard', inDetail({ AutoScalingGroupName: [{ wildcard: 'trivet-*-slot-*' }] }), true],
  ['wildcard that does not fit', inDetail({ AutoScalingGroupName: [{ wildcard: '*-slot-b' }] }), false],
  [
    'wildcard with a star and a backslash of its own',
    inDetail({ Path: [{ wildcard: 'C:\\\\*\\\\\\*.txt' }] }),
    true,
  ],
  ['objects in a list', inDetail({ Disks: { device: ['/dev/xvdf'] } }), true],
  [
    'one object of the list has to match whole',
    inDetail({ Disks: { device: ['/dev/xvda'], size: [20] } }),
    false,
  ],
  ['$or', { $or: [{ source: ['aws.ec2'] }, { detail: { State: ['Running'] } }] }, true],
  [
    '$or beside another field',
    { source: ['aws.autoscaling'], $or: [{ detail: { Count: [1] } }, { detail: { Count: [2] } }] },
    false,
  ],
  ['$or within detail', inDetail({ $or: [{ Count: [{ numeric: ['>', 2] }] }, { Missing: ['x'] }] }), true],
  ['several matchers in one list', inDetail({ State: [{ prefix: 'Stop' }, { suffix: 'ing' }] }), true],
])('%s', (_, pattern, expected) => {
  expect(compilePattern(JSON.stringify(pattern))(event)).toBe(expected);
});

test.each<[string, string]>([
  ['{', 'Event pattern is not valid. Reason: '],
  ['[]', 'Filter is not an object'],
  ['{}', 'Empty objects are not allowed'],
  ['{"source": "aws.ec2"}', '"source" must be an object or an array'],
  ['{"source": []}', 'Empty arrays are not allowed (source)'],
  ['{"source": [{"regex": "x"}]}', 'Unrecognized match type regex'],
  ['{"source": [{"prefix": 3}]}', 'prefix match pattern must be a non-empty string'],
  ['{"n": [{"numeric": ["~", 3]}]}', 'Unrecognized numeric range operator: ~'],
  ['{"n": [{"numeric": ["<", "3"]}]}', 'Value of < must be numeric'],
  ['{"n": [{"exists": "true"}]}', 'exists match pattern must be either true or false.'],
  ['{"n": [{"cidr": "10.0.0.0"}]}', 'Malformed CIDR, or not IPv4: 10.0.0.0'],
  ['{"n": [{"wildcard": "a**b"}]}', 'Consecutive wildcard characters'],
  ['{"$or": [{"a": [1]}]}', '$or needs a list of at least two patterns'],
])('the pattern %s is refused', (pattern, reason) => {
  expect(() => compilePattern(pattern)).toThrow(reason);
});
