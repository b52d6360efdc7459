import type { AutoScaling as AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { Kernel, Operations, Service } from '../../kernel/kernel.ts';
import { activityOperations } from './activities.ts';
import { groupOperations } from './groups.ts';
import { hookOperations } from './hooks.ts';
import { instanceOperations } from './instances.ts';
import { lifecycleActionOperations } from './lifecycle-actions.ts';
import { processOperations } from './processes.ts';
import { createReconciler } from './reconcile.ts';
import type { AutoScaling } from './store.ts';
import { tagOperations } from './tags.ts';
import { targetGroupOperations } from './target-groups.ts';

/**
 * Auto Scaling groups that really scale: each group is looked at at `delays.autoScalingInterval`, launches what is missing, replaces
 * what is unhealthy, and holds instances in their lifecycle hooks (facts §1.5, §2).
 */
export function createAutoscaling(kernel: Kernel): Service & { readonly id: 'autoscaling' } {
  const reconciler = createReconciler(() => scaling, kernel);
  const scaling: AutoScaling = { kernel, groups: new Map(), wake: reconciler.wake };
  const operations: Operations<AutoScalingClient> = {
    ...groupOperations(scaling, reconciler.watch),
    ...instanceOperations(scaling),
    ...hookOperations(scaling),
    ...lifecycleActionOperations(scaling),
    ...processOperations(scaling),
    ...activityOperations(scaling),
    ...tagOperations(scaling),
    ...targetGroupOperations(scaling),
  };
  return { id: 'autoscaling', operations, stop: async () => reconciler.stop() };
}
