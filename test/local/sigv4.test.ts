import { ApiGatewayManagementApiClient, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import type { ServiceRequest } from '../../local/parts.ts';
import {
  verifyHeaderSignature,
  verifyHeadSignature,
  verifyPostSignature,
  verifyQuerySignature,
} from '../../local/sigv4.ts';
import { sha256Hex, sign } from '../../local/sigv4-canonical.ts';

const KEY = 'AKIAIOSFODNN7EXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const secretOf = (id: string) => (id === KEY ? SECRET : undefined);
/** The moment of the examples in Amazon's own documentation. */
const EXAMPLE_TIME = Date.UTC(2013, 4, 24);

const documented: ServiceRequest = {
  method: 'GET',
  url: '/test.txt',
  headers: {
    host: 'examplebucket.s3.amazonaws.com',
    range: 'bytes=0-9',
    'x-amz-content-sha256': sha256Hex(''),
    'x-amz-date': '20130524T000000Z',
    authorization:
      `AWS4-HMAC-SHA256 Credential=${KEY}/20130524/us-east-1/s3/aws4_request,` +
      'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,' +
      'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  body: Buffer.alloc(0),
};

const presigned = {
  method: 'GET',
  url:
    `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${KEY}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request` +
    '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
    '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  headers: { host: 'examplebucket.s3.amazonaws.com' },
};

describe('a signature in the Authorization header', () => {
  it("accepts the example of Amazon's documentation", () => {
    expect(verifyHeaderSignature(documented, secretOf, EXAMPLE_TIME)).toEqual({ ok: true, accessKeyId: KEY });
  });

  const changed = (headers: Record<string, string>, more: Partial<ServiceRequest> = {}): ServiceRequest => ({
    ...documented,
    ...more,
    headers: { ...documented.headers, ...headers },
  });
  const auth = documented.headers.authorization ?? '';
  it.each([
    ['no signature', 'MissingAuthenticationTokenException', changed({ authorization: '' })],
    ['another scheme', 'IncompleteSignatureException', changed({ authorization: 'Bearer x' })],
    ['no date', 'IncompleteSignatureException', changed({ 'x-amz-date': '' })],
    [
      'a date of another day than the scope',
      'IncompleteSignatureException',
      changed({ 'x-amz-date': '20130525T000000Z' }),
    ],
    ['an impossible date', 'IncompleteSignatureException', changed({ 'x-amz-date': '20130524T990000Z' })],
    ['an unknown key', 'UnrecognizedClientException', changed({ authorization: auth.replace(KEY, 'AKIDNOBODY') })],
    ['an altered signature', 'InvalidSignatureException', changed({ authorization: auth.replace('f0e8', 'f0e9') })],
    ['a shortened signature', 'InvalidSignatureException', changed({ authorization: auth.slice(0, -2) })],
    ['an altered signed header', 'InvalidSignatureException', changed({ range: 'bytes=0-10' })],
    ['another method', 'InvalidSignatureException', changed({}, { method: 'PUT' })],
    ['another path', 'InvalidSignatureException', changed({}, { url: '/test2.txt' })],
    ['an added query', 'InvalidSignatureException', changed({}, { url: '/test.txt?a=1' })],
    ['a broken escape', 'InvalidSignatureException', changed({}, { url: '/%ZZ' })],
    ['an added x-amz- header', 'UnsignedHeaders', changed({ 'x-amz-acl': 'public-read' })],
    ['another body', 'XAmzContentSHA256Mismatch', changed({}, { body: Buffer.from('evil') })],
  ])('refuses %s with %s', (_what, code, request) => {
    expect(verifyHeaderSignature(request, secretOf, EXAMPLE_TIME)).toMatchObject({ ok: false, code });
  });

  it.each([
    [15 * 60_000, true],
    [15 * 60_000 + 1, false],
    [-15 * 60_000, true],
    [-15 * 60_000 - 1, false],
  ])('is good for 15 minutes both ways: %i ms off', (offMs, ok) => {
    const verified = verifyHeaderSignature(documented, secretOf, EXAMPLE_TIME + offMs);
    expect(verified).toMatchObject(ok ? { ok } : { ok, code: 'RequestTimeTooSkewed' });
  });

  it('takes a payload hash the caller knows, before the body is read', () => {
    expect(verifyHeadSignature(documented, sha256Hex(''), secretOf, EXAMPLE_TIME)).toMatchObject({ ok: true });
    expect(verifyHeadSignature(documented, 'UNSIGNED-PAYLOAD', secretOf, EXAMPLE_TIME)).toMatchObject({ ok: false });
  });
});

describe('requests of the real SDK clients', () => {
  const credentials = { accessKeyId: KEY, secretAccessKey: SECRET, sessionToken: 'token+/=' };
  /** Ends the SDK's pipeline with the finished request in hand. */
  async function captured(send: (handler: { handle(request: unknown): Promise<never> }) => Promise<unknown>) {
    const seen: ServiceRequest[] = [];
    const handle = async (request: unknown): Promise<never> => {
      // The SDK hands its own HttpRequest class over; these fields are its public interface.
      const sent = request as {
        method: string;
        path: string;
        headers: Record<string, string>;
        body?: string | Uint8Array;
      };
      const headers = Object.fromEntries(
        Object.entries(sent.headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      seen.push({ method: sent.method, url: sent.path, headers, body: Buffer.from(sent.body ?? '') });
      throw new Error('captured');
    };
    await expect(send({ handle })).rejects.toThrow('captured');
    const [request] = seen;
    if (!request) throw new Error('the SDK sent nothing');
    return request;
  }
  const settings = { region: 'us-east-1', endpoint: 'http://localhost:4000', credentials, maxAttempts: 1 };

  it('accepts a DynamoDB call, and refuses it with another body', async () => {
    const request = await captured((requestHandler) =>
      new DynamoDBClient({ ...settings, requestHandler }).send(
        new GetItemCommand({ TableName: 'table', Key: { pk: { S: 'ä' }, sk: { S: '#' } } }),
      ),
    );
    expect(verifyHeaderSignature(request, secretOf)).toEqual({ ok: true, accessKeyId: KEY });
    const altered = { ...request, body: Buffer.from('{}') };
    expect(verifyHeaderSignature(altered, secretOf)).toMatchObject({ ok: false, code: 'XAmzContentSHA256Mismatch' });
  });

  it('accepts a post to a connection, whose id ends in an escaped =', async () => {
    const request = await captured((requestHandler) =>
      new ApiGatewayManagementApiClient({ ...settings, endpoint: 'http://localhost:4000/prod', requestHandler }).send(
        new PostToConnectionCommand({ ConnectionId: 'L0SM9cOFvHcCIhw=', Data: '{"type":"ping"}' }),
      ),
    );
    expect(request.url).toContain('%3D');
    expect(verifyHeaderSignature(request, secretOf)).toEqual({ ok: true, accessKeyId: KEY });
  });
});

describe('a presigned URL', () => {
  it("accepts the example of Amazon's documentation until the second it ends", () => {
    expect(verifyQuerySignature(presigned, secretOf, EXAMPLE_TIME)).toEqual({ ok: true, accessKeyId: KEY });
    expect(verifyQuerySignature(presigned, secretOf, EXAMPLE_TIME + 86_399_999)).toMatchObject({ ok: true });
    expect(verifyQuerySignature(presigned, secretOf, EXAMPLE_TIME + 86_400_000)).toMatchObject({
      code: 'RequestExpired',
    });
  });

  it.each([
    ['an altered parameter', 'InvalidSignatureException', presigned.url.replace('86400', '86401')],
    ['an added parameter', 'InvalidSignatureException', `${presigned.url}&versionId=1`],
    ['an expiry of 0', 'AuthorizationQueryParametersError', presigned.url.replace('86400', '0')],
    ['an expiry above 7 days', 'AuthorizationQueryParametersError', presigned.url.replace('86400', '604801')],
    ['an expiry that is no number', 'AuthorizationQueryParametersError', presigned.url.replace('86400', '1e3')],
    ['a missing signature', 'AuthorizationQueryParametersError', presigned.url.replace(/&X-Amz-Signature=.*/, '')],
    ['a broken escape', 'AuthorizationQueryParametersError', `${presigned.url}%Z`],
    ['an unknown key', 'UnrecognizedClientException', presigned.url.replace(KEY, 'AKIDNOBODY')],
  ])('refuses %s with %s', (_what, code, url) => {
    expect(verifyQuerySignature({ ...presigned, url }, secretOf, EXAMPLE_TIME)).toMatchObject({ ok: false, code });
  });

  it('refuses an x-amz- header that was not signed, and one signed far in the future', () => {
    const headers = { ...presigned.headers, 'x-amz-meta-a': '1' };
    expect(verifyQuerySignature({ ...presigned, headers }, secretOf, EXAMPLE_TIME)).toMatchObject({
      code: 'UnsignedHeaders',
    });
    expect(verifyQuerySignature(presigned, secretOf, EXAMPLE_TIME - 3_600_000)).toMatchObject({
      code: 'RequestExpired',
    });
  });
});

describe('a POST policy', () => {
  const scope = { day: '20130524', region: 'us-east-1', service: 's3' };
  const policy = Buffer.from('{"expiration":"2013-08-06T12:00:00.000Z","conditions":[]}').toString('base64');
  const fields = {
    policy,
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${KEY}/20130524/us-east-1/s3/aws4_request`,
    'x-amz-date': '20130524T000000Z',
    'x-amz-signature': sign(SECRET, scope, policy),
  };
  it('is accepted as signed', () => {
    expect(verifyPostSignature(new Map(Object.entries(fields)), secretOf)).toEqual({ ok: true, accessKeyId: KEY });
  });

  it.each([
    ['an altered policy', 'InvalidSignatureException', { policy: `${policy}AA` }],
    [
      'an unknown key',
      'UnrecognizedClientException',
      { 'x-amz-credential': `NOBODY/20130524/us-east-1/s3/aws4_request` },
    ],
    ['a missing part', 'IncompleteSignatureException', { 'x-amz-signature': '' }],
  ])('refuses %s with %s', (_what, code, change) => {
    const altered = new Map(Object.entries({ ...fields, ...change }));
    expect(verifyPostSignature(altered, secretOf)).toMatchObject({ ok: false, code });
  });
});
