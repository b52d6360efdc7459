import type { ServiceCatalog } from './catalog.ts';
import type { Protocol } from './protocol.ts';
import { awsDialect, ec2Dialect, formTree, type QueryDialect, readForm } from './query-form.ts';
import { isRecord } from './shape.ts';
import { noBody, parseQuery, toBytes, toText, type WireRequest, type WireResponse } from './wire.ts';
import { element, escapeXml, writeErrorMembers, writeMembers } from './xml.ts';

const xmlHead = '<?xml version="1.0" encoding="UTF-8"?>\n';

const respond = (status: number, requestId: string, markup: string): WireResponse => ({
  status,
  headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId },
  body: markup === '' ? noBody : toBytes(xmlHead + markup),
});

/** Parameters stand in the body of a POST, or in the query of a GET (presigned). */
const parametersOf = (request: WireRequest): readonly (readonly [string, string])[] =>
  request.body.length > 0 ? parseQuery(toText(request.body)) : request.query;

const withoutSignature = (parameters: readonly (readonly [string, string])[]) =>
  parameters.filter(([key]) => !key.startsWith('X-Amz-'));

function queryProtocol(dialect: QueryDialect): Pick<Protocol, 'route' | 'read'> {
  return {
    route: (catalog, request) => {
      const asked = parametersOf(request).find(([key]) => key === 'Action')?.[1] ?? '(no Action)';
      const operation = catalog.operations.get(asked);
      return { route: operation && { operation, labels: {} }, asked };
    },
    read: (_catalog, { operation }, request) =>
      readForm(operation.input, formTree(withoutSignature(parametersOf(request))), dialect),
  };
}

const namespaceOf = (catalog: ServiceCatalog): string =>
  catalog.definition.xmlNamespace === '' ? '' : ` xmlns="${escapeXml(catalog.definition.xmlNamespace)}"`;

/** awsQuery: Auto Scaling, ELBv2, IAM, STS, CloudFormation. */
export const awsQuery: Protocol = {
  ...queryProtocol(awsDialect),
  write: (catalog, operation, output, requestId) => {
    const members = writeMembers(operation.output, isRecord(output) ? output : {}, operation.method);
    const result = operation.output.isUnitSchema() ? '' : element(`${operation.name}Result`, members);
    const metadata = element('ResponseMetadata', element('RequestId', requestId));
    return respond(
      200,
      requestId,
      element(`${operation.name}Response`, result + metadata, namespaceOf(catalog)),
    );
  },
  writeError: (catalog, error, requestId) => {
    const fields =
      element('Type', error.fault === 'client' ? 'Sender' : 'Receiver') +
      element('Code', escapeXml(error.code)) +
      element('Message', escapeXml(error.message)) +
      writeErrorMembers(error);
    const markup = element('Error', fields) + element('RequestId', requestId);
    return respond(error.status, requestId, element('ErrorResponse', markup, namespaceOf(catalog)));
  },
};

/** ec2Query: EC2 alone. */
export const ec2Query: Protocol = {
  ...queryProtocol(ec2Dialect),
  write: (catalog, operation, output, requestId) => {
    const members = writeMembers(operation.output, isRecord(output) ? output : {}, operation.method);
    // Where an operation has no output, EC2 answers `return` true.
    const content = operation.output.isUnitSchema() ? element('return', 'true') : members;
    const markup = element('requestId', requestId) + content;
    return respond(200, requestId, element(`${operation.name}Response`, markup, namespaceOf(catalog)));
  },
  writeError: (_catalog, error, requestId) => {
    const fields = element('Code', escapeXml(error.code)) + element('Message', escapeXml(error.message));
    const markup = element('Errors', element('Error', fields)) + element('RequestID', requestId);
    return respond(error.status, requestId, element('Response', markup));
  },
};
