import { fingerprint, refuse } from '../common/request.ts';

/** What one ClientToken made. */
interface FirstUse<T> {
  readonly fingerprint: string;
  readonly result: T;
}

/** Remembers ClientTokens: the same request again is answered with what the first one made. */
export interface ClientTokens<T> {
  /** What the token made before, if anything. @throws AwsError IdempotentParameterMismatch for another request. */
  recall(token: string | undefined, input: object): T | undefined;
  remember(token: string | undefined, input: object, result: T): void;
}

/** An empty memory of ClientTokens for one operation. Tokens are ASCII, up to `longest` characters. */
export function createClientTokens<T>(longest = 64): ClientTokens<T> {
  const uses = new Map<string, FirstUse<T>>();
  return {
    recall: (token, input) => {
      if (token !== undefined && (token.length > longest || /[^\x20-\x7e]/.test(token)))
        refuse(
          'InvalidParameterValue',
          `Value (${token}) for parameter clientToken is invalid. Tokens have up to ${longest} ASCII characters.`,
        );
      const first = token === undefined ? undefined : uses.get(token);
      if (first === undefined) return undefined;
      if (first.fingerprint !== fingerprint(input))
        refuse(
          'IdempotentParameterMismatch',
          'The client token you have provided is associated with a resource whose parameters differ from this request.',
        );
      return first.result;
    },
    remember: (token, input, result) => {
      if (token !== undefined) uses.set(token, { fingerprint: fingerprint(input), result });
    },
  };
}

/** A resource id as it is spelled in a refusal: what EC2 calls each kind, and the code with which it says that it is not there. */
const notFound = {
  vpc: ['InvalidVpcID.NotFound', (id: string) => `The vpc ID '${id}' does not exist`],
  subnet: ['InvalidSubnetID.NotFound', (id: string) => `The subnet ID '${id}' does not exist`],
  internetGateway: [
    'InvalidInternetGatewayID.NotFound',
    (id: string) => `The internetGateway ID '${id}' does not exist`,
  ],
  routeTable: ['InvalidRouteTableID.NotFound', (id: string) => `The routeTable ID '${id}' does not exist`],
  association: ['InvalidAssociationID.NotFound', (id: string) => `The association ID '${id}' does not exist`],
  securityGroup: ['InvalidGroup.NotFound', (id: string) => `The security group '${id}' does not exist`],
  securityGroupRule: [
    'InvalidSecurityGroupRuleId.NotFound',
    (id: string) => `The security group rule ID '${id}' does not exist`,
  ],
  networkInterface: [
    'InvalidNetworkInterfaceID.NotFound',
    (id: string) => `The networkInterface ID '${id}' does not exist`,
  ],
  networkInterfaceAttachment: [
    'InvalidAttachmentID.NotFound',
    (id: string) => `The networkInterface attachment ID '${id}' does not exist`,
  ],
  volume: ['InvalidVolume.NotFound', (id: string) => `The volume '${id}' does not exist.`],
  instance: ['InvalidInstanceID.NotFound', (id: string) => `The instance ID '${id}' does not exist`],
  launchTemplate: [
    'InvalidLaunchTemplateId.NotFound',
    (id: string) => `The specified launch template, with template ID ${id}, does not exist.`,
  ],
  vpcEndpoint: [
    'InvalidVpcEndpointId.NotFound',
    (id: string) => `The Vpc Endpoint Id '${id}' does not exist`,
  ],
  allocation: ['InvalidAllocationID.NotFound', (id: string) => `The allocation ID '${id}' does not exist`],
  natGateway: ['NatGatewayNotFound', (id: string) => `NatGateway ${id} was not found`],
  flowLog: [
    'InvalidFlowLogId.NotFound',
    (id: string) => `These flow log ids in the input list are not found: [TotalCount: 1] ${id}`,
  ],
} as const;

export type ResourceKind = keyof typeof notFound;

/** The record with this id. @throws AwsError the kind's NotFound, with EC2's code and message. */
export function found<T>(kind: ResourceKind, records: ReadonlyMap<string, T>, id: string): T {
  const record = records.get(id);
  if (record === undefined) missing(kind, id);
  return record;
}

/** Says that a resource is not there. @throws AwsError always. */
export function missing(kind: ResourceKind, id: string): never {
  if (kind === 'instance' && !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id))
    refuse('InvalidInstanceID.Malformed', `Invalid id: "${id}"`);
  const [code, message] = notFound[kind];
  refuse(code, message(id));
}
