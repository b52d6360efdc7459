/**
 * Asks etcd and every API server, puts their answers beside what observe-replacement saw, and decides the next step of a planned
 * replacement: before anything is changed, and again immediately before each effect. Runs in the VPC, where they can be reached.
 *
 * Changes nothing, so a repeat is safe. What does not answer is part of the answer.
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { observeEtcd } from '../etcd/observe-etcd.ts';
import { observeKubernetes } from '../kubernetes/observe-kubernetes.ts';
import { task } from '../runtime/task.ts';
import { trackUnready } from '../sweep/track-unready.ts';
import { judgeReplacement } from './contracts.ts';
import { decideReplacement, replacementPolicy } from './decide-replacement.ts';

export interface JudgeReplacementDeps {
  readonly registry: Registry;
  readonly objects: Objects;
  readonly observeEtcd: typeof observeEtcd;
  readonly observeKubernetes: typeof observeKubernetes;
}

export const handler = task(
  judgeReplacement,
  (config): JudgeReplacementDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    observeEtcd,
    observeKubernetes,
  }),
  async ({ observation, ...wish }, deps, context) => {
    const { cluster, ownNetwork, slot, slots } = observation;
    const [etcd, kubernetes] = await Promise.all([
      deps.observeEtcd(cluster, deps, context),
      deps.observeKubernetes(cluster, deps, context),
    ]);
    const present = slots.map(({ slot: name, instance }) => ({
      slot: name,
      ...(instance && { instanceId: instance.instanceId }),
    }));
    const unreadySince = trackUnready(undefined, kubernetes, { slots: present, ownNetwork });
    const seen = { observation, etcd, kubernetes, unreadySince };
    const judgement = decideReplacement(seen, wish, replacementPolicy, context.clock.now());
    context.log.info('decided', { slot, guard: wish.guard, ...judgement.decision });
    return judgement;
  },
);
