import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decideBoot, explainReason } from '../../node/decide-boot.ts';
import { renderDirective, renderMarker } from '../../node/protocol.ts';
import { type BootCase, bootCases } from './boot-cases.ts';
import { runWithVolume, writeNodeRoot } from './scripts.ts';

describe('the decision what a node does with its disk', () => {
  test.each(bootCases)('$name: $expected', ({ directive, disk, self, expected }) => {
    const { action, reason } = decideBoot(directive, disk, self);
    expect(`${action} ${reason}`).toBe(expected);
  });

  test('every reason has a sentence, and an unknown code stands for itself', () => {
    for (const { expected } of bootCases)
      expect(explainReason(expected.split(' ')[1] ?? '')).toMatch(/^[A-Z].*\.$/);
    expect(explainReason('of-a-later-node')).toBe('of-a-later-node');
    expect(explainReason('constructor')).toBe('constructor');
  });
});

describe('the same decision in bash', () => {
  let node: ReturnType<typeof writeNodeRoot>;
  let answers: string[];

  beforeAll(() => {
    node = writeNodeRoot();
    const { stdout, stderr } = runWithVolume(node.root, bootCases.map(bashOf).join('\n'));
    expect(stderr).toBe('');
    answers = stdout.trimEnd().split('\n');
  });
  afterAll(() => node.remove());

  test('answers one line for each case', () => expect(answers).toHaveLength(bootCases.length));

  test.each(bootCases.map((one, index) => ({ ...one, index })))('$name: $expected', ({ index, expected }) => {
    expect(answers[index]).toBe(expected);
  });
});

/** A case as bash meets it: directive and marker as text, the finding in F_*. */
function bashOf({ directive, disk, self }: BootCase): string {
  const { marker, log } = disk;
  const read = marker !== undefined && marker !== 'unreadable';
  const state = marker === undefined ? 'none' : read ? 'read' : 'unreadable';
  const values = {
    F_volumeId: disk.volumeId ?? '',
    F_filesystem: disk.filesystem,
    F_filesystemUuid: disk.filesystemUuid ?? '',
    F_data: disk.data ? 'yes' : 'no',
    F_marker: state,
    F_logClusterId: log?.clusterId ?? '',
    F_logMemberId: log?.memberId ?? '',
    F_logRaftIndex: log?.raftIndex ?? '',
    S_instanceId: self.instanceId,
    S_etcdMinor: self.etcdMinor ?? '',
    S_carriedOut: self.carriedOut ? 'yes' : 'no',
  };
  return [
    `parse_directive '${renderDirective(directive)}'`,
    ...Object.entries(values).map(([name, value]) => `${name}='${value}'`),
    read
      ? `parse_marker '${renderMarker(marker)}'`
      : 'M_volumeId= M_clusterId= M_memberId= M_generation= M_raftIndex=',
    'decide_boot',
  ].join('\n');
}
