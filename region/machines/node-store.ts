import { AwsError } from '../kernel/errors.ts';
import type { Kernel, MachineSpec, Principal } from '../kernel/kernel.ts';

/** The machine's own view of S3: what its role may read and write, signed as its instance profile's session. */
export interface NodeStore {
  /** Undefined while there is no such object: without ListBucket S3 says AccessDenied for a missing key. */
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, text: string): Promise<void>;
}

const missing = ['NoSuchKey', 'AccessDenied'];

export async function openNodeStore(kernel: Kernel, spec: MachineSpec, bucket: string): Promise<NodeStore> {
  const principal = await sessionOf(kernel, spec);
  return {
    async get(Key) {
      try {
        const { Body } = await kernel.invoke<{ Body: Uint8Array }>(
          's3',
          'getObject',
          { Bucket: bucket, Key },
          principal,
        );
        return Body;
      } catch (error) {
        if (error instanceof AwsError && missing.includes(error.code)) return undefined;
        throw error;
      }
    },
    async put(Key, text) {
      await kernel.invoke('s3', 'putObject', { Bucket: bucket, Key, Body: Buffer.from(text) }, principal);
    },
  };
}

/** An instance signs as its role; the session's name is the instance id, so `${aws:userid}` is role-id:instance-id. */
async function sessionOf(kernel: Kernel, { roleArn, instanceId }: MachineSpec): Promise<Principal> {
  if (!roleArn) throw new Error('the instance has no instance profile, so it cannot reach S3');
  const RoleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  const { Role } = await kernel.invoke<{ Role: { RoleId: string } }>('iam', 'getRole', { RoleName });
  return { kind: 'role', arn: roleArn, sessionName: instanceId, userId: `${Role.RoleId}:${instanceId}` };
}
