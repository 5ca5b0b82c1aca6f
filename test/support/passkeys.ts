import { type SoftwareAuthenticator, softwareAuthenticator } from './authenticator.ts';
import type { RequestOptions } from './http.ts';
import { accountOrigin, type SignedIn, type World } from './world.ts';

/** What pages of the account origin do with passkeys. */
export function passkeyPages({ http, signIn }: World) {
  const headers = { origin: accountOrigin };
  const ask = async (path: string, more: RequestOptions = {}) => (await http('GET', path, { headers, ...more })).body;
  const pages = {
    registrationOptions: async (as: string) => (await ask('/api/v2/webauthn/register/options', { as })).options,
    register: (as: string, response: object, more: RequestOptions = {}) =>
      http('POST', '/api/v2/webauthn/register', { headers, as, body: { response }, ...more }),
    loginRequest: (more: RequestOptions = {}) => ask('/api/v2/webauthn/login/options', more),
    complete: (requestId: string, response: object, more: RequestOptions = {}) =>
      http('POST', '/api/v2/webauthn/login', { headers, body: { requestId, response }, ...more }),
    list: async (as: string) => (await ask('/api/v2/webauthn/authenticators', { as })).authenticators,
    remove: (as: string, authenticatorId: string) =>
      http('POST', '/api/v2/webauthn/authenticators/delete', { headers, as, body: { authenticatorId } }),

    /** A user with a passkey. */
    async owner(address: string): Promise<{ user: SignedIn; authenticator: SoftwareAuthenticator }> {
      const user = await signIn(address);
      const authenticator = softwareAuthenticator(accountOrigin);
      const options = await pages.registrationOptions(user.sessionKey);
      const { body } = await pages.register(user.sessionKey, authenticator.register(options));
      if (body.success !== true) throw new Error(`Registering failed: ${JSON.stringify(body)}`);
      return { user, authenticator };
    },
  };
  return pages;
}
