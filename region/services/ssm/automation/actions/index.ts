import type { Step } from '../runbook.ts';
import type { Action } from './action.ts';
import { approve } from './approve.ts';
import { assertAwsResourceProperty, executeAwsApi, waitForAwsResourceProperty } from './aws-api.ts';
import { branch } from './branch.ts';
import { executeStateMachine } from './state-machine.ts';
import { pause, sleep } from './waits.ts';

/** The actions that the region plays. */
const actions: ReadonlyMap<string, Action> = new Map([
  ['aws:approve', approve],
  ['aws:assertAwsResourceProperty', assertAwsResourceProperty],
  ['aws:branch', branch],
  ['aws:executeAwsApi', executeAwsApi],
  ['aws:executeStateMachine', executeStateMachine],
  ['aws:pause', pause],
  ['aws:sleep', sleep],
  ['aws:waitForAwsResourceProperty', waitForAwsResourceProperty],
]);

/** Actions of AWS that the region does not play (user guide, "Systems Manager Automation actions reference"). */
const notPlayed: ReadonlySet<string> = new Set([
  'aws:changeInstanceState',
  'aws:copyImage',
  'aws:createImage',
  'aws:createStack',
  'aws:createTags',
  'aws:deleteImage',
  'aws:deleteStack',
  'aws:executeAutomation',
  'aws:executeScript',
  'aws:invokeLambdaFunction',
  'aws:invokeWebhook',
  'aws:loop',
  'aws:runCommand',
  'aws:runInstances',
  'aws:updateVariable',
]);

/** The action of a step; undefined where AWS has none of that name. */
export function actionOf({ action }: Step): Action | 'not played' | undefined {
  return actions.get(action) ?? (notPlayed.has(action) ? 'not played' : undefined);
}

/** The action of a step whose document was stored. */
export function playedAction(step: Step): Action {
  const action = actionOf(step);
  if (action === undefined || action === 'not played') throw new Error(`${step.action} was stored unplayed`);
  return action;
}
