import { describe, expect, it } from '@jest/globals';
import {
  type Credentials,
  createPresigner,
  createSigner,
  type Signable,
  sha256Hex,
} from '../../functions/adapters/aws-signature.ts';
import { branded } from '../../functions/core/branded.ts';
import type { EpochMs } from '../../functions/core/names.ts';
import { verifyHeaderSignature } from '../../local/sigv4.ts';

const at = (ms: number) => branded<EpochMs>(ms);

describe("signatures of Amazon's published test suite", () => {
  const sign = createSigner(
    { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    'us-east-1',
    'service',
  );
  const moment = at(Date.UTC(2015, 7, 30, 12, 36, 0));
  const host = 'example.amazonaws.com';
  const form = { host, 'content-type': 'application/x-www-form-urlencoded' };

  it.each([
    ['get-vanilla', 'GET', { host }, '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', { host }, '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'post-header-key-sort',
      'POST',
      { 'my-header1': 'value1', host },
      '',
      'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    ],
    [
      'post-x-www-form-urlencoded',
      'POST',
      form,
      'Param1=value1',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])('%s', (_name, method, headers, body, signature) => {
    const signed = sign({ method, path: '/', headers, bodyHash: sha256Hex(body) }, moment);
    expect(signed.authorization).toContain('Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ');
    expect(signed.authorization).toContain(`Signature=${signature}`);
    expect(signed['x-amz-date']).toBe('20150830T123600Z');
  });
});

describe('a URL with a signature', () => {
  it("is the one of Amazon's own example", () => {
    const presign = createPresigner(
      { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
      'us-east-1',
      's3',
    );
    const url = new URL('https://examplebucket.s3.amazonaws.com/test.txt');
    const request = { method: 'GET', url, headers: {}, query: {}, validSeconds: 86_400 } as const;
    const signed = new URL(presign(request, at(Date.UTC(2013, 4, 24))));
    expect(signed.origin + signed.pathname).toBe(url.href);
    expect(Object.fromEntries(signed.searchParams)).toEqual({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request',
      'X-Amz-Date': '20130524T000000Z',
      'X-Amz-Expires': '86400',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    });
  });
});

describe('signatures before an independent verifier', () => {
  const credentials: Credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'a+/=' };
  const sign = createSigner(credentials, 'eu-central-1', 'execute-api');
  const verdict = (request: Signable, body: string, ms: number) => {
    const headers = sign(request, at(ms));
    const received = { method: request.method, url: request.path, headers, body: Buffer.from(body) };
    return verifyHeaderSignature(received, (id) => (id === 'AKID' ? 'secret' : undefined), ms);
  };

  it.each([
    ['/', 'text 🎈'],
    ['/prod/@connections/L0SM9cOFvHcCIhw%3D', '{"type":"ping"}'],
    ["/a%20b/(c)'*!/~d_-.", ''],
  ])('are accepted for %s', (path, body) => {
    const request = { method: 'POST', path, headers: { host: 'localhost:4000' }, bodyHash: sha256Hex(body) };
    expect(verdict(request, body, Date.UTC(2026, 10, 20))).toEqual({ ok: true, accessKeyId: 'AKID' });
  });

  it('are accepted across midnight, forth and back', () => {
    const request = { method: 'POST', path: '/', headers: { host: 'h' }, bodyHash: sha256Hex('') };
    const midnight = Date.UTC(2026, 11, 31, 24);
    for (const ms of [midnight - 1, midnight, midnight - 1])
      expect(verdict(request, '', ms)).toMatchObject({ ok: true });
  });

  it('cover the session token and the body', () => {
    const request = { method: 'POST', path: '/', headers: { host: 'h' }, bodyHash: sha256Hex('one') };
    expect(sign(request, at(0)).authorization).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,');
    expect(verdict(request, 'another', 0)).toMatchObject({ ok: false });
  });
});
