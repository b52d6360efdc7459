import { describe, expect, test } from 'vitest';
import { explainFailure } from '../../../functions/clusters/explain-failure.ts';
import { fakeDeployment } from '../../support/fake-deployment.ts';
import { provision } from './provisioned.ts';

const failure = { cluster: 'demo', workflow: 'provision-cluster', step: 'Ensure volume' };

describe('explainFailure', () => {
  test('names step, cause and way on', () => {
    const Cause = JSON.stringify({
      errorType: 'AwsRefused',
      errorMessage: 'ec2:CreateVolume: VolumeLimitExceeded',
    });
    expect(explainFailure({ ...failure, error: { Error: 'AwsRefused', Cause } })).toEqual({
      name: 'AwsRefused',
      message:
        'provision-cluster of demo failed at "Ensure volume": AwsRefused: ec2:CreateVolume: VolumeLimitExceeded. Way on: remove what AWS names (a missing right or a quota, most often), and run it again: every step that is done is kept.',
    });
  });

  test('finds the step inside a Map state', () => {
    const cause = JSON.stringify({ errorType: 'VolumeFailed', errorMessage: 'vol-1 could not be made' });
    const error = { Error: 'VolumeFailed', Cause: JSON.stringify({ step: 'Ensure volume', cause }) };
    const { message } = explainFailure({ ...failure, step: 'Make slots last', error });
    expect(message).toContain('failed at "Ensure volume": VolumeFailed: vol-1 could not be made.');
  });

  test('takes a cause that is text as it is, and says when there is none', () => {
    const said = (error: { Error: string; Cause?: string }) => explainFailure({ ...failure, error }).message;
    expect(said({ Error: 'WaitExhausted', Cause: 'slot a did not come up: i-1 is pending' })).toContain(
      'WaitExhausted: slot a did not come up: i-1 is pending. Way on: look at',
    );
    expect(said({ Error: 'States.Timeout' })).toContain(
      'States.Timeout: no cause was given. Way on: run it again',
    );
  });
});

describe('record-failure', () => {
  test('writes the failure into the cluster’s record, and counts it', async () => {
    const world = fakeDeployment();
    await provision(world);
    const input = {
      ...failure,
      execution: 'execution-2',
      error: { Error: 'LeaseLost', Cause: 'taken over' },
    };
    expect(await world.invoke('record-failure', input)).toMatchObject({ error: 'LeaseLost' });
    expect((await world.registry.getCluster('demo'))?.lastFailure).toMatchObject({
      workflow: 'provision-cluster',
      execution: 'execution-2',
      step: 'Ensure volume',
      error: 'LeaseLost',
      at: '2026-01-01T00:00:00.000Z',
    });
    expect(world.context.counted).toEqual(new Map([['WorkflowFailed{workflow=provision-cluster}', 1]]));
  });

  test('says what failed for a cluster that was never recorded', async () => {
    const world = fakeDeployment();
    const input = {
      ...failure,
      cluster: '',
      execution: 'execution-1',
      error: { Error: 'SpecInvalid', Cause: 'name: is missing' },
    };
    expect(await world.invoke('record-failure', input)).toEqual({
      error: 'SpecInvalid',
      message:
        'provision-cluster failed at "Ensure volume": SpecInvalid: name: is missing. Way on: correct the spec, and run it again.',
    });
  });
});
