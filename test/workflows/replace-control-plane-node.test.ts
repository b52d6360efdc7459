import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { StateFailure } from '../../region/states/errors.ts';
import { outputOf, type TestFunction, trial } from '../region/states/harness.ts';
import { playedControlPlane } from './played-control-plane.ts';

const file = new URL('../../workflows/replace-control-plane-node.asl.json', import.meta.url);
const text = readFileSync(file, 'utf8');
const input = { cluster: 'ha', slot: 'b' };

type Played = ReturnType<typeof playedControlPlane>;

const run = ({ clock, functions }: Played, more: object = {}) =>
  trial(text, { clock, functions, input: { ...input, ...more } });

const effects = ({ calls }: Played) => calls.filter((name) => !/^(Observe|Judge)/.test(name));

const replaced = {
  instance: { instanceId: 'i-new', lifecycleState: 'InService' },
  recordedInstanceId: 'i-new',
  memberId: '21',
  launchSuspended: false,
  replaced: 1,
};
const untouched = {
  instance: { instanceId: 'i-b', lifecycleState: 'InService' },
  recordedInstanceId: 'i-b',
  launchSuspended: false,
  terminated: [],
};

const wholeWay = [
  'AcquireLease',
  'AcquireLease',
  'SuspendLaunch',
  'MoveLeader',
  'TerminateNode',
  'ReleaseLease',
  'ResumeLaunch',
  'ReleaseLease',
];

describe('replace-control-plane-node', () => {
  test('suspends, moves the leader, terminates, resumes once all is free, and awaits the same member', async () => {
    const played = playedControlPlane();
    expect(outputOf(await run(played))).toMatchObject({
      cluster: 'ha',
      slot: 'b',
      outcome: 'finish',
      target: { instanceId: 'i-b', memberId: '21' },
    });
    expect(effects(played)).toEqual(wholeWay);
    expect(played.state).toMatchObject({ ...replaced, leader: 'a', terminated: ['i-b'] });
    expect(played.held()).toEqual([]);
  });

  test('refuses before anything is changed while another slot is down, and takes no lease for it', async () => {
    const played = playedControlPlane({ outage: 'c' });
    expect((await run(played)).result).toMatchObject({
      status: 'FAILED',
      error: 'ReplacementRefused',
      cause: 'the API server of slot c is not known to be ready',
    });
    expect(effects(played)).toEqual(['RecordFailure']);
    expect(played.state).toMatchObject(untouched);
    expect(played.state.leases.size).toBe(0);
  });

  test.each(['AcquireLease', 'SuspendLaunch', 'MoveLeader'])(
    'undoes what it has begun when another slot goes down after %s',
    async (task) => {
      const played = playedControlPlane();
      const name = `\${${task}}`;
      const real = played.functions[name];
      const functions = {
        ...played.functions,
        [name]: ((payload, call) => {
          played.state.outage = 'c';
          return real?.(payload, call) ?? null;
        }) satisfies TestFunction,
      };
      const { result } = await trial(text, { clock: played.clock, functions, input });
      expect(result).toMatchObject({ status: 'FAILED', error: 'ReplacementRefused' });
      expect(played.state).toMatchObject(untouched);
      expect(played.held()).toEqual([]);
    },
  );

  test('does nothing where the instance that is meant is not there any more', async () => {
    const played = playedControlPlane();
    expect(outputOf(await run(played, { instanceId: 'i-old' }))).toMatchObject({ outcome: 'none' });
    expect(effects(played)).toEqual([]);
  });

  test('asks an etcd that keeps its leader three times, and goes on without', async () => {
    const played = playedControlPlane({ stubborn: true });
    expect(outputOf(await run(played))).toMatchObject({ outcome: 'finish' });
    expect(effects(played).filter((name) => name === 'MoveLeader')).toHaveLength(3);
    expect(played.state).toMatchObject(replaced);
  });

  test('gives up an instance that does not end, and leaves neither a suspension nor a lease', async () => {
    const played = playedControlPlane({ stuck: true });
    const ended = await run(played);
    expect(ended.result).toMatchObject({
      status: 'FAILED',
      error: 'WaitExhausted',
      cause: 'the replacement in slot b did not end: i-b still holds the network interface of slot b',
    });
    expect(ended.seconds).toBeGreaterThan(590);
    expect(ended.seconds).toBeLessThan(610);
    expect(played.state.launchSuspended).toBe(false);
    expect(played.held()).toEqual([]);
  });

  test('names what is missing of its input', async () => {
    const played = playedControlPlane();
    const asked: unknown[] = [];
    const functions = {
      ...played.functions,
      '${ObserveReplacement}': ((payload) => {
        asked.push(payload);
        throw new StateFailure('InputInvalid', 'observe-replacement: slot: invalid_format');
      }) satisfies TestFunction,
    };
    const { result } = await trial(text, { clock: played.clock, functions, input: { cluster: 'ha' } });
    expect(result).toMatchObject({ status: 'FAILED', error: 'InputInvalid' });
    expect(asked).toEqual([{ cluster: 'ha', slot: '', holder: expect.stringContaining(':execution:') }]);
  });
});

const tasks = [
  'ObserveReplacement',
  'JudgeReplacement',
  'AcquireLease',
  'SuspendLaunch',
  'MoveLeader',
  'TerminateNode',
  'ResumeLaunch',
  'ReleaseLease',
];
/** Each call of the whole way, by its number among the calls of its task: the same task is called in several situations. */
const wholeCalls = await (async () => {
  const played = playedControlPlane();
  await run(played);
  return played.calls.map((task, index) => ({
    task,
    number: played.calls.slice(0, index + 1).filter((name) => name === task).length,
  }));
})();
/** Calls after the tenth of a task find what those before found. */
const situations = wholeCalls.filter(({ number }) => number <= 10);

test('the whole way goes through every task', () => {
  expect([...new Set(situations.map(({ task }) => task))].sort()).toEqual([...tasks].sort());
});

const refused = (): StateFailure =>
  new StateFailure('AwsRefused', '{"errorMessage":"UnauthorizedOperation"}');

test.each(tasks)('where %s always fails, the run ends and the slot is served', async (task) => {
  const played = playedControlPlane();
  const always: TestFunction = () => {
    throw refused();
  };
  const functions = { ...played.functions, [`\${${task}}`]: always };
  const { result } = await trial(text, { clock: played.clock, functions, input });
  expect(result).toMatchObject({ status: 'FAILED', error: 'AwsRefused' });
  expect(effects(played).filter((name) => name === 'RecordFailure').length).toBeLessThanOrEqual(3);
  expectServed(played);
});

/** The functions of a played control plane, of which one call of one task goes another way. */
function takingAnotherWay(
  played: Played,
  { task, number }: (typeof situations)[number],
  way: (real: () => ReturnType<TestFunction>) => ReturnType<TestFunction>,
): Readonly<Record<string, TestFunction>> {
  const name = `\${${task}}`;
  const real = played.functions[name];
  let count = 0;
  return {
    ...played.functions,
    [name]: (payload, call) => {
      count += 1;
      const done = (): ReturnType<TestFunction> => real?.(payload, call) ?? null;
      return count === number ? way(done) : done();
    },
  };
}

describe.each(situations)('when call $number of $task', (situation) => {
  const { task } = situation;

  test('is killed before it does anything, it is done again, and the node is replaced once', async () => {
    const played = playedControlPlane();
    const functions = takingAnotherWay(played, situation, () => {
      throw new StateFailure('Lambda.Unknown', 'killed');
    });
    const ended = await trial(text, { clock: played.clock, functions, input });
    expect(outputOf(ended)).toMatchObject({ outcome: 'finish' });
    expect(played.state).toMatchObject({ ...replaced, terminated: ['i-b'] });
    expect(played.held()).toEqual([]);
  });

  test('is done and its reply is lost, the node is replaced all the same, once', async () => {
    const played = playedControlPlane();
    const functions = takingAnotherWay(played, situation, (real) => {
      real();
      throw new StateFailure('Lambda.Unknown', 'the reply was lost');
    });
    const ended = await trial(text, { clock: played.clock, functions, input });
    expect(outputOf(ended)).toMatchObject({ outcome: 'finish' });
    expect(played.state).toMatchObject(replaced);
    expect(new Set(played.state.terminated)).toEqual(new Set(['i-b']));
    expect(played.held()).toEqual([]);
  });

  test.each(['before', 'after'])(
    'fails for good %s it is done, the run says so, and the slot is served in the end',
    async (moment) => {
      const played = playedControlPlane();
      const functions = takingAnotherWay(played, situation, (real) => {
        if (moment === 'after') real();
        throw refused();
      });
      const { result } = await trial(text, { clock: played.clock, functions, input });
      expect(result).toMatchObject({ status: 'FAILED', error: 'AwsRefused' });
      // One call alone was refused: what cannot be undone by it, the sweep undoes, and a lease is free a minute after its holder's end.
      if (!['AcquireLease', 'ResumeLaunch', 'ReleaseLease'].includes(task)) {
        expect(played.held()).toEqual([]);
        expect(played.state.launchSuspended).toBe(false);
      }
      expectServed(played);
    },
  );

  test.each(['before', 'after'])('was to be done, and the execution is stopped %s it', async (moment) => {
    const played = playedControlPlane();
    const stop = new AbortController();
    const functions = takingAnotherWay(played, situation, (real) => {
      if (moment === 'after') real();
      stop.abort();
      return null;
    });
    const { result } = await trial(text, { clock: played.clock, functions, input, signal: stop.signal });
    expect(result.status).toBe('ABORTED');
    expectServed(played);
  });
});

/** By the old instance, or by its successor as the same member: with the sweep's help, and never by a third. */
function expectServed(played: Played): void {
  played.goOn();
  const { instance, terminated } = played.state;
  const gone = terminated.length > 0;
  expect(played.state).toMatchObject(gone ? replaced : { ...untouched, replaced: 0 });
  expect(instance?.lifecycleState).toBe('InService');
  expect(terminated.every((instanceId) => instanceId === 'i-b')).toBe(true);
}
