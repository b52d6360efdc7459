import { beforeEach, expect, test } from 'vitest';
import { createCloudwatch } from '../../../region/services/cloudwatch/index.ts';
import { caller, refusedWith, regionOf } from './support.ts';

let call: ReturnType<typeof caller>;
beforeEach(async () => {
  call = caller(await regionOf(createCloudwatch), 'cloudwatch');
});

const text = (width: number) => ({ type: 'text', width, height: 2, properties: { markdown: '# Trivet' } });
const bodyOf = (...widgets: object[]) => JSON.stringify({ widgets });

test('a dashboard is kept as it was given, listed, replaced and deleted', async () => {
  await call('putDashboard', { DashboardName: 'trivet', DashboardBody: bodyOf(text(24)) });
  await call('putDashboard', { DashboardName: 'other', DashboardBody: bodyOf() });
  await call('putDashboard', { DashboardName: 'trivet', DashboardBody: bodyOf(text(12)) });
  expect(await call('getDashboard', { DashboardName: 'trivet' })).toEqual({
    DashboardName: 'trivet',
    DashboardArn: 'arn:aws:cloudwatch::123456789012:dashboard/trivet',
    DashboardBody: bodyOf(text(12)),
  });
  expect(await call('listDashboards', { DashboardNamePrefix: 'tri' })).toMatchObject({
    DashboardEntries: [{ DashboardName: 'trivet' }],
  });
  await call('deleteDashboards', { DashboardNames: ['trivet'] });
  expect(await refusedWith(call('getDashboard', { DashboardName: 'trivet' }))).toBe('ResourceNotFound');
});

test('of several that are to be deleted, one that is not there keeps the others', async () => {
  await call('putDashboard', { DashboardName: 'trivet', DashboardBody: bodyOf() });
  const both = { DashboardNames: ['trivet', 'nobody'] };
  expect(await refusedWith(call('deleteDashboards', both))).toBe('ResourceNotFound');
  expect(await call('getDashboard', { DashboardName: 'trivet' })).toMatchObject({ DashboardName: 'trivet' });
});

test.each([
  ['a name with a blank', 'a name', bodyOf(), 'InvalidParameterValue'],
  ['a body that is no JSON', 'trivet', '{', 'InvalidParameterInput'],
  ['a body without widgets', 'trivet', '{}', 'InvalidParameterInput'],
  ['a widget of no known type', 'trivet', bodyOf({ ...text(6), type: 'song' }), 'InvalidParameterInput'],
  ['a widget without properties', 'trivet', bodyOf({ type: 'text' }), 'InvalidParameterInput'],
  ['a widget wider than the page', 'trivet', bodyOf(text(25)), 'InvalidParameterInput'],
])('%s is refused', async (_, DashboardName, DashboardBody, code) => {
  expect(await refusedWith(call('putDashboard', { DashboardName, DashboardBody }))).toBe(code);
});
