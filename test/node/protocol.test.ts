import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  MalformedMessage,
  parseDirective,
  parseMarker,
  parseReport,
  renderDirective,
  renderMarker,
  renderReport,
} from '../../node/protocol.ts';
import { runWithVolume, writeNodeRoot } from './scripts.ts';

const resume = `kind=resume
instanceId=i-0123456789abcdef0
generation=3
volumeId=vol-0123456789abcdef0
filesystemUuid=11111111-2222-4333-8444-555555555555
clusterId=14841639068965178418
memberId=10276657743932975437
raftIndexFloor=512
`;
const form = `kind=form
instanceId=i-0123456789abcdef0
generation=1
volumeId=vol-0123456789abcdef0
filesystemUuid=11111111-2222-4333-8444-555555555555
initialCluster=demo-a=https://127.90.1.10:2380,demo-b=https://127.90.2.10:2380
initialClusterState=new
initialClusterToken=demo-1
`;
const marker = `volumeId=vol-0123456789abcdef0
clusterId=14841639068965178418
memberId=10276657743932975437
generation=3
raftIndex=512
`;

/** [what is wrong, text]; refused by TypeScript and by bash. */
const badDirectives: readonly (readonly [string, string])[] = [
  ['is empty', ''],
  ['has a line without an equals sign', `${resume}hello\n`],
  ['has a field that nobody knows', `${resume}colour=green\n`],
  ['has a field of JavaScript’s own objects', `${resume}constructor=x\n`],
  ['has a field twice', `${resume}generation=3\n`],
  ['has a kind that nobody knows', resume.replace('kind=resume', 'kind=reset')],
  ['has no instance', resume.replace(/instanceId=.*\n/, '')],
  ['has a generation with a leading zero', resume.replace('generation=3', 'generation=03')],
  ['has an empty value', resume.replace('generation=3', 'generation=')],
  ['has a space in a value', form.replace('demo-1', 'demo 1')],
  ['has a quote in a value', form.replace('demo-1', "demo'1")],
  ['has a command in a value', form.replace('demo-1', '$(reboot)')],
  ['has an upper-case UUID', resume.replace('8444-555555555555', '8444-55555555555A')],
  ['has an index of 19 digits', resume.replace('=512', '=9999999999999999999')],
  ['has Windows line ends', resume.replaceAll('\n', '\r\n')],
  ['resumes nobody', resume.replace(/memberId=.*\n/, '')],
  ['forms from nobody', form.replace(/initialCluster=.*\n/, '')],
  ['forms into an existing cluster', form.replace('State=new', 'State=existing')],
  ['joins a new cluster', form.replace('kind=form', 'kind=join\nclusterId=1\nmemberId=2')],
];

const badMarkers: readonly (readonly [string, string])[] = [
  ['is empty', ''],
  ['is cut off', marker.slice(0, 60)],
  ['lacks the index', marker.replace(/raftIndex=.*\n/, '')],
  ['has a negative index', marker.replace('=512', '=-1')],
];

describe('directives, markers and reports', () => {
  test('a directive survives being written and read', () => {
    expect(renderDirective(parseDirective(resume))).toBe(resume);
    expect(renderDirective(parseDirective(form))).toBe(form);
    expect(parseDirective(resume).generation).toBe(3);
    expect(parseDirective(form).initialCluster).toBe(
      'demo-a=https://127.90.1.10:2380,demo-b=https://127.90.2.10:2380',
    );
  });

  test('a marker survives being written and read', () => {
    expect(renderMarker(parseMarker(marker))).toBe(marker);
  });

  test('a report says only what is known', () => {
    const text =
      'instanceId=i-0123456789abcdef0\nstate=refused\nreason=volume-is-blank\nvolumeId=vol-0123456789abcdef0\n';
    expect(renderReport(parseReport(text))).toBe(text);
    expect(() => parseReport('state=waiting\n')).toThrow('report: the field instanceId is missing');
    expect(() =>
      renderReport({ instanceId: 'i-0123456789abcdef0', state: 'refused', reason: 'two words' }),
    ).toThrow('report: the field reason has the form');
  });

  test.each(badDirectives)('a directive that %s is refused', (_what, text) => {
    expect(() => parseDirective(text)).toThrow(MalformedMessage);
  });

  test.each(badMarkers)('a marker that %s is refused', (_what, text) => {
    expect(() => parseMarker(text)).toThrow(MalformedMessage);
  });

  test('a directive that a node would not understand is not written', () => {
    expect(() => renderDirective({ ...parseDirective(form), kind: 'join' })).toThrow('clusterId is missing');
  });
});

describe('the same texts in bash', () => {
  let node: ReturnType<typeof writeNodeRoot>;
  beforeAll(() => {
    node = writeNodeRoot();
  });
  afterAll(() => node.remove());

  const verdicts = (parser: string, texts: readonly string[]): string[] => {
    const quoted = texts.map(
      (text) => `if ${parser} '${text.replaceAll("'", `'\\''`)}'; then echo read; else echo refused; fi`,
    );
    return runWithVolume(node.root, quoted.join('\n')).stdout.trimEnd().split('\n');
  };

  test('what TypeScript refuses is refused', () => {
    expect(
      verdicts(
        'parse_directive',
        badDirectives.map(([, text]) => text),
      ),
    ).toEqual(badDirectives.map(() => 'refused'));
    expect(
      verdicts(
        'parse_marker',
        badMarkers.map(([, text]) => text),
      ),
    ).toEqual(badMarkers.map(() => 'refused'));
  });

  test('what TypeScript writes is read, field by field', () => {
    expect(verdicts('parse_directive', [resume, form])).toEqual(['read', 'read']);
    expect(verdicts('parse_marker', [marker])).toEqual(['read']);
    const { stdout } = runWithVolume(
      node.root,
      `parse_directive '${form}'; echo "$D_kind $D_generation $D_initialCluster [$D_memberId]"`,
    );
    expect(stdout).toBe('form 1 demo-a=https://127.90.1.10:2380,demo-b=https://127.90.2.10:2380 []\n');
  });
});
