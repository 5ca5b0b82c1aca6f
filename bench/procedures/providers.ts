import type { FakePrivo } from '../../test/support/fake-privo.ts';
import type { World } from '../../test/support/world.ts';
import type { Probe } from './probe.ts';

/** A child and an adult sign up at Privo, and the adult signs in there. The times include those of the fake. */
export const providers =
  (privo: FakePrivo) =>
  async (_: World, { call }: Probe, round: number): Promise<void> => {
    const email = `adult-${round}@example.com`;
    const person = { name: 'Ada', displayName: 'Comet' };
    await call('isEmailValid', { email });
    await call('isDisplayNameValid', person);
    await call('requestPrivoSignUp', { ...person, email, dateOfBirth: '1990-12-10' }, { how: 'of an adult' });
    const child = await call(
      'requestPrivoSignUp',
      { ...person, parentEmail: `parent-${round}@example.com`, dateOfBirth: '2015-03-02' },
      { how: 'of a child' },
    );
    await call('requestPrivacyFeaturesChange', { userId: child.userId }, { as: child.sessionKey });

    const account = [...privo.accounts.values()].find((one) => one.email === email);
    if (!account) throw new Error('signing up left no account');
    const { authorizationUrl, requestId } = await call('requestPrivoLogin', {});
    await call('processOAuthCode', privo.signIn(authorizationUrl, account));
    await call('completeOAuthLogin', { requestId });
  };
