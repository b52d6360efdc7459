import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe } from '../statements.ts';

/** Observing reads; judging and verifying read etcd's client certificate and ask etcd; directing attaches. */
export function etcdPermissions(scope: Scope): Permissions {
  const { ec2, ours, registry } = scope;
  const completesLaunch = allow(['autoscaling:CompleteLifecycleAction'], [scope.slotGroup], ours);
  return {
    'observe-slot': [
      ...registry(),
      describe('autoscaling', 'AutoScalingGroups'),
      describe('ec2', 'Instances', 'Volumes', 'NetworkInterfaces'),
      ...scope.readsObjects('clusters/*/slots/*/reports/*'),
    ],
    'judge-slot': [...registry(), ...scope.readsEtcdClientCertificate],
    'direct-slot': [
      ...registry(),
      describe('ec2', 'Instances', 'Volumes'),
      allow(['ec2:AttachVolume'], [ec2('volume'), ec2('instance')], ours),
      ...scope.usesKeyForVolumes,
      ...scope.readsObjects('clusters/*/slots/*/reports/*'),
      ...scope.writesObjects('clusters/*/slots/*/directives/*'),
    ],
    'hold-slot': [...registry('UpdateItem'), completesLaunch],
    'verify-etcd': [...registry(), ...scope.readsEtcdClientCertificate],
    'complete-launch': [...registry(), completesLaunch],
    'record-slot': registry('UpdateItem'),
  };
}
