import { softwareAuthenticator } from '../../test/support/authenticator.ts';
import { accountOrigin, type World } from '../../test/support/world.ts';
import type { Probe } from './probe.ts';

/** A user registers a passkey, signs in with it, and removes it. Called by name, which the front function passes on. */
export async function passkeys(world: World, probe: Probe, round: number): Promise<void> {
  const headers = { origin: accountOrigin };
  const { userId, sessionKey: as } = await world.signIn(`holder-${round}@example.com`);
  const call = (procedure: string, input: object) => probe.call(procedure, input, { as, headers });
  const authenticator = softwareAuthenticator(accountOrigin);
  const registration = await call('getWebAuthnRegistrationOptions', {});
  await call('registerWebAuthn', { response: authenticator.register(registration.options) });

  const { requestId, options } = await probe.call('getWebAuthnLoginOptions', {}, { headers });
  await probe.call('completeWebAuthnLogin', { requestId, response: authenticator.login(options) }, { headers });
  const { authenticators } = await call('listUserAuthenticators', { userId });
  await call('deleteUserAuthenticator', { authenticatorId: authenticators[0].id });
}
