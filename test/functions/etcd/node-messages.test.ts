import { expect, test } from 'vitest';
import { readReport } from '../../../functions/etcd/node-messages.ts';
import { ProtocolInvalid } from '../../../functions/runtime/errors.ts';

const key = 'clusters/ha/slots/b/reports/i-0aaaaaaaaaaaaaaaa';

test('a report is read as the node wrote it', () => {
  expect(readReport(key, 'instanceId=i-0aaaaaaaaaaaaaaaa\nstate=waiting\n')).toEqual({
    instanceId: 'i-0aaaaaaaaaaaaaaaa',
    state: 'waiting',
  });
});

test('a text that is no report is a terminal error of the catalogue, and says where it stands', () => {
  const read = (): unknown => readReport(key, 'state=waiting\n');
  expect(read).toThrow(ProtocolInvalid);
  expect(read).toThrow(`${key}: report: the field instanceId is missing`);
});
