import { afterAll, describe, expect, it } from '@jest/globals';
import { allFeatures, privacyFeaturesOf } from '../../functions/auth/privacy-features.ts';
import { branded } from '../../functions/core/branded.ts';
import type { UserId } from '../../functions/core/names.ts';
import { startFakePrivo } from '../support/fake-privo.ts';
import { makeWorld } from '../support/world.ts';

const privo = await startFakePrivo(() => world.clock.now());
const world = await makeWorld({ privo: privo.settings, superUserAddresses: new Set(['root@example.com']) });
const { http } = world;
afterAll(() => privo.close());

const child = { name: 'Ada', displayName: 'Comet', dateOfBirth: '2015-03-02' };
const signUp = async (input: object) => (await http('POST', '/api/v2/register/privo', { body: input })).body;
const change = async (as: string | undefined, userId: string) => {
  const { status, body } = await http('POST', '/api/v2/privacyFeatures/change', { body: { userId }, as });
  return { status, ...body };
};

describe('asking a parent once more', () => {
  it('has Privo send the request again', async () => {
    const { userId, sessionKey } = await signUp({ ...child, parentEmail: 'parent-1@example.com' });
    expect(await change(sessionKey, userId)).toEqual({ status: 200, success: true });
    const [parent, own] = [...privo.accounts.values()].slice(-2);
    expect(privo.asked('/api/v1.0/consent/resend').at(-1)?.body).toEqual({
      requester_service_id: own?.serviceId,
      approver_service_id: parent?.serviceId,
    });
  });

  it('is for oneself and for super users', async () => {
    const { userId, sessionKey } = await signUp({ ...child, parentEmail: 'parent-2@example.com' });
    const [root, other] = [await world.signIn('root@example.com'), await world.signIn('other@example.com')];
    expect(await change(root.sessionKey, userId)).toEqual({ status: 200, success: true });
    expect(await change(other.sessionKey, userId)).toMatchObject({ status: 403, errorCode: 'not_authorized' });
    expect(await change(sessionKey, other.userId)).toMatchObject({ status: 403, errorCode: 'not_authorized' });
    expect(await change(undefined, userId)).toMatchObject({ status: 401, errorCode: 'not_logged_in' });
    expect(await change(root.sessionKey, 'nobody')).toMatchObject({ status: 404, errorCode: 'user_not_found' });
  });

  it('is refused where there is no parent', async () => {
    const { userId, sessionKey } = await world.signIn('adult@example.com');
    expect(await change(sessionKey, userId)).toMatchObject({ status: 400, errorCode: 'unacceptable_request' });
  });

  it('says so while Privo is down', async () => {
    const { userId, sessionKey } = await signUp({ ...child, parentEmail: 'parent-3@example.com' });
    privo.state.down = 502;
    expect(await change(sessionKey, userId)).toMatchObject({ status: 503, errorCode: 'service_unavailable' });
    privo.state.down = undefined;
  });

  it('needs Privo', async () => {
    const bare = await makeWorld();
    const { userId, sessionKey: as } = await bare.signIn('a@example.com');
    const { status, body } = await bare.http('POST', '/api/v2/privacyFeatures/change', { body: { userId }, as });
    expect([status, body.errorCode]).toEqual([501, 'not_supported']);
    expect(body.errorMessage).toContain('PRIVO');
  });
});

describe('what somebody may do with their data', () => {
  const off = { publishData: false, allowPublicData: false, allowAI: false, allowPublicInsts: false };

  it('is everything without Privo, for the anonymous too', async () => {
    const { ports } = await makeWorld();
    expect(await privacyFeaturesOf(ports, undefined)).toEqual(allFeatures);
    expect(await privacyFeaturesOf(ports, branded<UserId>('anybody'))).toEqual(allFeatures);
  });

  it('is nothing with Privo, as long as Privo has not told', async () => {
    const { userId } = await world.signIn('unknown@example.com');
    expect(await privacyFeaturesOf(world.ports, undefined)).toEqual(off);
    expect(await privacyFeaturesOf(world.ports, branded<UserId>(userId))).toEqual(off);
  });

  it('is what Privo told, else', async () => {
    const adult = { ...child, dateOfBirth: '1990-01-01', email: 'grown@example.com' };
    const { userId } = await signUp(adult);
    expect(await privacyFeaturesOf(world.ports, branded<UserId>(userId))).toEqual(allFeatures);
  });
});
