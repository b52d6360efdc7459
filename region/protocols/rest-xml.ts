import type { ServiceCatalog } from './catalog.ts';
import type { Protocol } from './protocol.ts';
import { type BodyCodec, isBodyMember, readBindings, writeBindings } from './rest-bindings.ts';
import { routeS3 } from './rest-routes.ts';
import { decodeS3Body } from './s3-body.ts';
import { isRecord, traitsOf } from './shape.ts';
import { noBody, toBytes } from './wire.ts';
import { element, escapeXml, readMembers, writeErrorMembers, writeMembers, writeNamed } from './xml.ts';
import { parseXml } from './xml-parser.ts';

const xmlHead = '<?xml version="1.0" encoding="UTF-8"?>\n';

const codecFor = (catalog: ServiceCatalog): BodyCodec => {
  const namespace = ` xmlns="${escapeXml(catalog.definition.xmlNamespace)}"`;
  return {
    contentType: 'application/xml',
    blobType: 'binary/octet-stream',
    readMembers: (shape, text) => readMembers(shape, parseXml(text)),
    readPayload: (shape, text) => readMembers(shape, parseXml(text)),
    writeMembers: (shape, value, where) => {
      const name = traitsOf(shape).xmlName ?? shape.getName() ?? 'Result';
      return xmlHead + element(name, writeMembers(shape, value, where, isBodyMember), namespace);
    },
    writePayload: (shape, name, value, where) =>
      xmlHead + writeNamed(shape, name, value, where).replace(`<${name}`, `<${name}${namespace}`),
  };
};

/** The one answer of S3 that is not wrapped in a structure: `<LocationConstraint>eu-west-1</LocationConstraint>`. */
const unwrapped = (catalog: ServiceCatalog, location: unknown): Uint8Array =>
  toBytes(
    xmlHead +
      element(
        'LocationConstraint',
        escapeXml(typeof location === 'string' ? location : ''),
        ` xmlns="${escapeXml(catalog.definition.xmlNamespace)}"`,
      ),
  );

const s3Headers = (requestId: string): Record<string, string> => ({
  'x-amz-request-id': requestId,
  'x-amz-id-2': requestId,
});

/** restXml as S3 speaks it. */
export const restXml: Protocol = {
  route: (catalog, request) => ({
    route: routeS3(catalog, request),
    asked: `${request.method} ${request.path}`,
  }),
  read: (catalog, route, request) => readBindings(route, decodeS3Body(request), codecFor(catalog)),
  write: (catalog, operation, output, requestId) => {
    const value = isRecord(output) ? output : {};
    const bound = writeBindings(
      operation.output,
      value,
      operation.http?.[2] ?? 200,
      codecFor(catalog),
      operation.method,
    );
    // S3's schema says 200 for GetObject; a range is answered with 206.
    const status = value.ContentRange === undefined ? bound.status : 206;
    const body =
      operation.name === 'GetBucketLocation' ? unwrapped(catalog, value.LocationConstraint) : bound.body;
    return {
      status,
      headers: { ...bound.headers, ...s3Headers(requestId) },
      body: status === 204 || operation.http?.[0] === 'HEAD' ? noBody : body,
    };
  },
  writeError: (_catalog, error, requestId, request) => {
    const fields =
      element('Code', escapeXml(error.code)) +
      element('Message', escapeXml(error.message)) +
      writeErrorMembers(error) +
      element('Resource', escapeXml(request.path)) +
      element('RequestId', requestId) +
      element('HostId', requestId);
    // Neither HEAD nor 304 has a body: clients then know the error by its status alone, as with AWS.
    const bodiless = request.method === 'HEAD' || error.status === 304;
    return {
      status: error.status,
      headers: { ...(!bodiless && { 'content-type': 'application/xml' }), ...s3Headers(requestId) },
      body: bodiless ? noBody : toBytes(xmlHead + element('Error', fields)),
    };
  },
};
