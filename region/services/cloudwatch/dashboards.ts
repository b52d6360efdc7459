import type {
  CloudWatch,
  DeleteDashboardsInput,
  GetDashboardInput,
  ListDashboardsInput,
  PutDashboardInput,
} from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { pageAfter } from '../common/page.ts';
import { invalid } from './metric-data.ts';
import type { CloudwatchState, Dashboard } from './state.ts';

const widgetTypes = ['alarm', 'explorer', 'log', 'metric', 'text'];
const listedMax = 1_000;

/** Dashboards: kept and given back; nothing draws them here. */
export function dashboardOperations(cloudwatch: CloudwatchState) {
  const { dashboards, kernel } = cloudwatch;
  return {
    putDashboard: ({ DashboardBody: body = '', DashboardName: name = '' }: PutDashboardInput) => {
      if (!/^[A-Za-z0-9_-]{1,255}$/.test(name))
        throw invalid('The value for field DashboardName contains invalid characters.');
      const problem = problemOf(body);
      if (problem !== undefined)
        throw new AwsError('InvalidParameterInput', `The field DashboardBody must be valid: ${problem}`);
      dashboards.set(name, { name, body, changedAt: kernel.clock.now() });
      return { DashboardValidationMessages: [] };
    },
    getDashboard: ({ DashboardName: name = '' }: GetDashboardInput) => {
      const { body } = found(cloudwatch, name);
      return { DashboardArn: arnOf(cloudwatch, name), DashboardBody: body, DashboardName: name };
    },
    listDashboards: ({ DashboardNamePrefix: prefix = '', NextToken }: ListDashboardsInput) => {
      const named = [...dashboards.values()].filter(({ name }) => name.startsWith(prefix));
      const { items, nextToken } = pageAfter(
        named,
        ({ name }) => name,
        listedMax,
        NextToken,
        () => invalid('The next token is not valid.'),
      );
      return {
        DashboardEntries: items.map(({ body, changedAt, name }) => ({
          DashboardName: name,
          DashboardArn: arnOf(cloudwatch, name),
          LastModified: changedAt,
          Size: Buffer.byteLength(body),
        })),
        ...(nextToken !== undefined && { NextToken: nextToken }),
      };
    },
    // All or none: one that is not there keeps the others, too.
    deleteDashboards: ({ DashboardNames: names = [] }: DeleteDashboardsInput) => {
      for (const name of names) found(cloudwatch, name);
      for (const name of names) dashboards.delete(name);
      return {};
    },
  } satisfies Operations<CloudWatch>;
}

function found({ dashboards }: CloudwatchState, name: string): Dashboard {
  const dashboard = dashboards.get(name);
  if (dashboard) return dashboard;
  throw new AwsError('ResourceNotFound', `Dashboard ${name} does not exist`, { status: 404 });
}

/** A dashboard has no region. */
function arnOf({ kernel }: CloudwatchState, name: string): string {
  return `arn:aws:cloudwatch::${kernel.accountId}:dashboard/${name}`;
}

/** What CloudWatch holds against a body; it looks closer at each widget than this. */
function problemOf(body: string): string | undefined {
  const widgets = widgetsOf(body);
  if (!widgets) return 'it is no JSON object with a list of widgets';
  if (widgets.length > 500) return 'it has more than 500 widgets';
  for (const [index, widget] of widgets.entries()) {
    const { properties, type, width = 6 } = Object(widget) as Record<string, unknown>;
    if (!widgetTypes.includes(String(type))) return `widget ${index} is of no known type`;
    if (typeof properties !== 'object' || properties === null) return `widget ${index} has no properties`;
    if (typeof width !== 'number' || width < 1 || width > 24) return `widget ${index} is not 1 to 24 wide`;
  }
  return undefined;
}

function widgetsOf(body: string): readonly unknown[] | undefined {
  try {
    const { widgets } = Object(JSON.parse(body)) as { widgets?: unknown };
    return Array.isArray(widgets) ? widgets : undefined;
  } catch {
    return undefined;
  }
}
