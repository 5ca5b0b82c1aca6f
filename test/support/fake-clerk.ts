import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Webhook } from 'standardwebhooks';
import type { ClerkSettings } from '../../functions/core/clerk-settings.ts';
import type { RequestOptions } from './http.ts';

/** The secret with which this Clerk signs its webhooks. */
export const webhookSecret = 'whsec_dGhlIHNlY3JldCBvZiB0aGUgd2ViaG9vaw==';

/** An application at Clerk: issues tokens, serves its public keys over HTTP, and signs webhooks about its users. */
export async function startFakeClerk(now: () => number) {
  let kid = 'one';
  let keys = await generateKeyPair('RS256');
  let asked = 0;
  const server = createServer(async (_, response) => {
    asked += 1;
    const jwk = { ...(await exportJWK(keys.publicKey)), kid, alg: 'RS256', use: 'sig' };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`; // it listens on TCP
  const seconds = () => Math.floor(now() / 1000);

  return {
    settings: {
      secretKey: undefined,
      jwksUrl,
      issuer: undefined,
      authorizedParties: [],
      webhookSecret,
    } satisfies ClerkSettings,
    /** How often its keys were requested. */
    get asked() {
      return asked;
    },
    /** From now on it signs with other keys. */
    async rotate() {
      kid = 'two';
      keys = await generateKeyPair('RS256');
    },
    token: (
      claims: Readonly<Record<string, unknown>>,
      header: { readonly alg?: string; readonly kid?: string } = {},
    ): Promise<string> =>
      new SignJWT({ iss: 'https://clerk.example', iat: seconds(), exp: seconds() + 60, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid, ...header })
        .sign(keys.privateKey),
    /** A webhook, as it is sent. */
    told: (event: unknown, id: string, { at = now(), secret = webhookSecret } = {}): RequestOptions => {
      const body = typeof event === 'string' ? event : JSON.stringify(event);
      const timestamp = Math.floor(at / 1000);
      const signature = new Webhook(secret).sign(id, new Date(timestamp * 1000), body);
      const headers = { 'svix-id': id, 'svix-timestamp': String(timestamp), 'svix-signature': signature };
      return { body, headers: { 'content-type': 'application/json', ...headers } };
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export type FakeClerk = Awaited<ReturnType<typeof startFakeClerk>>;
