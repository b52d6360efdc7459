import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe } from '../statements.ts';

/** Observing reads; judging and verifying read etcd's client certificate and ask etcd; directing attaches. */
export function etcdPermissions(scope: Scope): Permissions {
  const { ec2, ours, readsRegistry, writesRegistry } = scope;
  const completesLaunch = allow(['autoscaling:CompleteLifecycleAction'], [scope.slotGroup], ours);
  return {
    'observe-slot': [
      ...readsRegistry,
      describe('autoscaling', 'AutoScalingGroups'),
      describe('ec2', 'Instances', 'Volumes', 'NetworkInterfaces'),
      ...scope.readsObjects('clusters/*/slots/*/reports/*'),
    ],
    'judge-slot': [...readsRegistry, ...scope.readsEtcdClientCertificate],
    'direct-slot': [
      ...readsRegistry,
      describe('ec2', 'Instances', 'Volumes'),
      allow(['ec2:AttachVolume'], [ec2('volume'), ec2('instance')], ours),
      ...scope.usesKeyForVolumes,
      ...scope.readsObjects('clusters/*/slots/*/reports/*'),
      ...scope.writesObjects('clusters/*/slots/*/directives/*'),
    ],
    'hold-slot': [...writesRegistry, completesLaunch],
    'verify-etcd': [...readsRegistry, ...scope.readsEtcdClientCertificate],
    'complete-launch': [...readsRegistry, completesLaunch],
    'record-slot': writesRegistry,
  };
}
