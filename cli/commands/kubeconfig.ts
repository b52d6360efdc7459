import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { makeRegistry } from '../../functions/aws/registry.ts';
import { kubeconfigHours } from '../../functions/pki/contracts.ts';
import { makeKey } from '../../functions/pki/issue.ts';
import { makeRequest } from '../../functions/pki/request.ts';
import { type KubeconfigEntry, mergeKubeconfig, writeKubeconfig } from '../kubeconfig-file.ts';
import { CommandError, type Output } from '../output.ts';
import { invokeTask, type Target } from '../target.ts';
import { findLocalEndpoint } from './status.ts';

export interface KubeconfigFlags {
  readonly hours?: string;
  readonly file?: string;
  readonly stdout?: boolean;
  /** False with --no-use. */
  readonly use?: boolean;
  readonly json?: boolean;
}

interface Issued {
  readonly certificate: string;
  readonly ca: string;
  readonly endpoint: string;
  readonly expiresAt: string;
}

/** `trivet kubeconfig CLUSTER`: a client certificate for some hours, into the caller's kubeconfig. The private key is made here and stays here. */
export async function giveKubeconfig(
  target: Target,
  cluster: string,
  flags: KubeconfigFlags,
  output: Output,
): Promise<number> {
  const validityHours = readHours(flags.hours);
  if (flags.stdout && flags.json)
    throw new CommandError('--stdout and --json both want standard output: choose one.');
  const record = await makeRegistry(target.config).getCluster(cluster);
  if (!record)
    throw new CommandError(`there is no cluster ${cluster}; trivet status lists those that there are.`);
  const user = `trivet:${callerName(target.callerArn)}`;
  const key = await makeKey();
  const request = await makeRequest(user, [], key);
  const issued = await invokeTask<Issued>(target, 'issue-kubeconfig', { cluster, request, validityHours });
  const server = (await findLocalEndpoint(target, record)) ?? issued.endpoint;
  const { ca, certificate, expiresAt } = issued;
  const entry: KubeconfigEntry = { name: `trivet-${cluster}`, server, ca, certificate, key };
  if (flags.stdout) {
    process.stdout.write(mergeKubeconfig('', entry, true));
    return 0;
  }
  const file = flags.file ?? defaultFile(process.env);
  const use = flags.use !== false;
  writeKubeconfig(file, entry, use);
  output.say(`${file}: context ${entry.name}${use ? ', now the current one' : ''}.`);
  output.say(`User ${user}, at ${server}, until ${expiresAt}.`);
  output.result({ file, context: entry.name, user, server, expiresAt });
  return 0;
}

function readHours(text: string | undefined): number {
  const { default: usual, max, min } = kubeconfigHours;
  if (text === undefined) return usual;
  const hours = Number(text);
  if (!Number.isInteger(hours) || hours < min || hours > max)
    throw new CommandError(`--hours is ${text}; give a whole number from ${min} to ${max}.`);
  return hours;
}

/** The file that kubectl writes to: the first of KUBECONFIG, else the one in the home directory. */
export function defaultFile(variables: Readonly<Record<string, string | undefined>>): string {
  const [first] = (variables.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  return first ?? join(variables.HOME ?? homedir(), '.kube', 'config');
}

/** Who AWS says that the caller is, as far as a certificate's user may say it: the session's or the user's name. */
export function callerName(arn: string): string {
  const name = arn.split(/[/:]/).at(-1) ?? '';
  return (
    name
      .replace(/[^A-Za-z0-9@._+=,-]/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 63) || 'caller'
  );
}
