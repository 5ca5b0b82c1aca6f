import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ageAt } from '../../functions/privo/sign-up.ts';
import { startFakePrivo } from '../support/fake-privo.ts';
import { makeWorld } from '../support/world.ts';

const privo = await startFakePrivo(() => world.clock.now());
const world = await makeWorld({ privo: privo.settings });
const { http } = world;
afterAll(() => privo.close());
beforeEach(() => {
  privo.state.down = undefined;
});

let count = 0;
const newEmail = () => `new-${++count}@example.com`;
const person = { name: 'Ada', displayName: 'Comet', dateOfBirth: '1990-12-10' };
/** In the world it is November 2026. */
const child = { ...person, dateOfBirth: '2015-03-02' };
const signUp = async (input: object) => {
  const { status, body } = await http('POST', '/api/v2/register/privo', { body: input });
  return { status, ...body };
};
const rowsOf = (userId: string) => world.ports.table.query({ pk: `USER#${userId}` });
const infoOf = async (as: string, userId: string) => (await http('GET', `/api/${userId}/metadata`, { as })).body;
const everything = { publishData: true, allowPublicData: true, allowAI: true, allowPublicInsts: true };
const nothing = { publishData: false, allowPublicData: false, allowAI: false, allowPublicInsts: false };

describe('an adult who signs up', () => {
  it('gets an account at Privo, a user and a session here, and the way to a password', async () => {
    const email = newEmail();
    const answer = await signUp({ ...person, email });
    expect(answer).toEqual({
      status: 200,
      success: true,
      userId: expect.any(String),
      sessionKey: expect.stringMatching(/^vSK1\./),
      connectionKey: expect.stringMatching(/^vCK1\./),
      expireTimeMs: expect.any(Number),
      metadata: expect.any(Object),
      updatePasswordUrl: expect.stringContaining('/password/'),
    });
    const account = [...privo.accounts.values()].find((one) => one.email === email);
    expect(account).toMatchObject({
      role: privo.settings.roleIds.adult,
      name: 'Ada',
      displayName: 'Comet',
      birthDate: '19901210',
      parent: undefined,
    });
    expect((await http('GET', '/api/v2/sessions', { as: answer.sessionKey })).status).toBe(200);
  });

  it('may do everything, and is shown what Privo keeps', async () => {
    const email = newEmail();
    const { sessionKey, userId } = await signUp({ ...person, email });
    expect(await infoOf(sessionKey, userId)).toMatchObject({
      success: true,
      name: 'Ada',
      displayName: 'Comet',
      email,
      privacyFeatures: everything,
    });
  });

  it('leaves neither name nor address in our table', async () => {
    const email = newEmail();
    const { userId } = await signUp({ ...person, name: 'Wilhelmina', email });
    const rows = await rowsOf(userId);
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.find(({ sk }) => sk === 'USER')).toMatchObject({ email: null, privoServiceId: expect.any(String) });
    for (const text of [email, 'Wilhelmina', 'Comet']) expect(JSON.stringify(rows)).not.toContain(text);
    expect(await world.ports.table.get({ pk: `ADDR#email#-#${email}`, sk: 'ADDR' })).toBeUndefined();
  });

  it('signs in at Privo from then on', async () => {
    const email = newEmail();
    const { userId } = await signUp({ ...person, email });
    const account = [...privo.accounts.values()].find((one) => one.email === email);
    const { body: started } = await http('POST', '/api/v2/login/privo', { body: {} });
    if (account) await http('POST', '/api/v2/oauth/code', { body: privo.signIn(started.authorizationUrl, account) });
    const { body } = await http('POST', '/api/v2/oauth/complete', { body: { requestId: started.requestId } });
    expect(body).toMatchObject({ success: true, userId });
  });

  it('cannot put a name of their own into our table', async () => {
    const { sessionKey: as, userId } = await signUp({ ...person, email: newEmail() });
    const put = (body: object) => http('PUT', `/api/${userId}/metadata`, { body, as });
    expect((await put({ name: 'Ada' })).body).toMatchObject({ success: false, issues: [{ path: ['name'] }] });
    expect((await put({ avatarUrl: 'https://example.com/a.png' })).status).toBe(200);
  });
});

describe('a child who signs up', () => {
  it('is registered together with a parent, who is asked for consent', async () => {
    const [email, parentEmail] = [newEmail(), newEmail()];
    const { userId, sessionKey, success } = await signUp({ ...child, email, parentEmail });
    expect(success).toBe(true);
    const [one, other] = [...privo.accounts.values()].slice(-2);
    expect(one).toMatchObject({ role: privo.settings.roleIds.parent, email: parentEmail });
    expect(other).toMatchObject({ role: privo.settings.roleIds.child, email, parent: one?.serviceId });
    expect((await rowsOf(userId)).find(({ sk }) => sk === 'USER')).toMatchObject({
      email: null,
      privoServiceId: other?.serviceId,
      privoParentServiceId: one?.serviceId,
      privoConsentUrl: expect.stringContaining('/consent/'),
      privacyFeatures: nothing,
    });
    expect((await infoOf(sessionKey, userId)).privacyFeatures).toEqual(nothing);
  });

  it('needs no address of their own', async () => {
    expect((await signUp({ ...child, parentEmail: newEmail() })).success).toBe(true);
    expect((await signUp({ ...child, email: null, parentEmail: newEmail() })).success).toBe(true);
  });

  it('may do what the parent allows, as soon as it is asked for', async () => {
    const { userId, sessionKey } = await signUp({ ...child, parentEmail: newEmail() });
    const account = [...privo.accounts.values()].at(-1);
    account?.granted.push(privo.settings.featureIds.projectDevelopment, privo.settings.featureIds.publishProjects);
    const allowed = { ...nothing, publishData: true, allowPublicData: true };
    expect((await infoOf(sessionKey, userId)).privacyFeatures).toEqual(allowed);
    expect((await rowsOf(userId)).find(({ sk }) => sk === 'USER')?.privacyFeatures).toEqual(allowed);
  });

  it('is one until the birthday', () => {
    const now = Date.parse('2026-11-20T21:00:00Z');
    expect(ageAt(now, new Date('2008-11-20'))).toBe(18);
    expect(ageAt(now, new Date('2008-11-21'))).toBe(17);
    expect(ageAt(now, new Date('2008-12-01'))).toBe(17);
    expect(ageAt(now, new Date('2008-02-29'))).toBe(18);
    expect(ageAt(Date.parse('2026-02-28'), new Date('2008-02-29'))).toBe(17);
  });

  it('is one up to the age that the settings say', async () => {
    const strict = await makeWorld({ privo: { ...privo.settings, ageOfConsent: 40 } });
    const body = { ...person, email: newEmail() };
    const answer = await strict.http('POST', '/api/v2/register/privo', { body });
    expect(answer.body.errorCode).toBe('parent_email_required');
  });
});

describe('signing up', () => {
  it.each<[string, object, string]>([
    ['a display name that tells the name', { displayName: 'xADAx' }, 'invalid_display_name'],
    ['one address for both', { parentEmail: 'Same@example.com', email: 'same@example.com' }, 'unacceptable_request'],
    ['somebody not yet born', { dateOfBirth: '2030-01-01' }, 'unacceptable_request'],
    ['a child without a parent', { dateOfBirth: '2015-01-01' }, 'parent_email_required'],
    ['an adult without an address', { email: undefined }, 'unacceptable_request'],
  ])('refuses %s, before Privo hears of it', async (_, input, errorCode) => {
    const before = privo.requests.length;
    const answer = await signUp({ ...person, email: newEmail(), ...input });
    expect(answer).toMatchObject({ status: 400, success: false, errorCode });
    expect(privo.requests).toHaveLength(before);
  });

  it.each<[string, object]>([
    ['email', { email: 'nobody' }],
    ['parentEmail', { parentEmail: 'nobody' }],
    ['dateOfBirth', { dateOfBirth: 'soon' }],
    ['name', { name: '' }],
    ['name', { name: 'Ada Lovelace' }],
    ['name', { name: 'x'.repeat(129) }],
    ['displayName', { displayName: '' }],
    ...[...'!@#$%^&*()[]{}-_=+`~,./?;:\'"\\<>|\t'].map((char): [string, object] => [
      'displayName',
      { displayName: `Com${char}et` },
    ]),
  ])('says that %s will not do: %j', async (field, input) => {
    const answer = await signUp({ ...person, email: newEmail(), ...input });
    expect(answer).toMatchObject({ status: 400, errorCode: 'unacceptable_request', issues: [{ path: [field] }] });
  });

  it('takes names of any script', async () => {
    const input = { ...person, name: 'Æsa', displayName: '彗星9', email: newEmail() };
    expect((await signUp(input)).success).toBe(true);
  });

  it('says whose address is taken', async () => {
    const [email, parentEmail] = [newEmail(), newEmail()];
    await signUp({ ...person, email });
    privo.add({ email: parentEmail, role: privo.settings.roleIds.parent });
    const codeOf = async (input: object) => (await signUp(input)).errorCode;
    expect(await codeOf({ ...person, email })).toBe('email_already_exists');
    expect(await codeOf({ ...child, email, parentEmail: newEmail() })).toBe('child_email_already_exists');
    expect(await codeOf({ ...child, email: newEmail(), parentEmail })).toBe('parent_email_already_exists');
    expect(await codeOf({ ...child, parentEmail })).toBe('parent_email_already_exists');
  });

  it('heeds the address rules', async () => {
    const ruled = await makeWorld({ privo: privo.settings, addressRules: [{ type: 'deny', pattern: 'evil' }] });
    const body = { ...person, email: 'me@evil.example' };
    const answer = await ruled.http('POST', '/api/v2/register/privo', { body });
    expect(answer.body.errorCode).toBe('unacceptable_address');
  });

  it('says so while Privo is down, and makes nobody', async () => {
    for (const down of [500, 'silent'] as const) {
      privo.state.down = down;
      const answer = await signUp({ ...person, email: newEmail() });
      expect(answer).toMatchObject({ status: 503, success: false, errorCode: 'service_unavailable' });
      expect(answer.errorMessage).toContain('Privo');
    }
  });

  it('asks for a token once, and again when it holds no more', async () => {
    const tokens = () => privo.asked('/token').length;
    await signUp({ ...person, email: newEmail() });
    const before = tokens();
    await signUp({ ...person, email: newEmail() });
    expect(tokens()).toBe(before);
    world.clock.advance(10 * 60_000);
    await signUp({ ...person, email: newEmail() });
    expect(tokens()).toBe(before + 1);
    privo.state.clientTokens.clear();
    expect((await signUp({ ...person, email: newEmail() })).success).toBe(true);
    expect(tokens()).toBe(before + 2);
  });

  it('reads the client’s secret where the settings say it is kept', async () => {
    const { clientSecret, ...rest } = privo.settings;
    const { ports } = await makeWorld({ privo: { ...rest, clientSecretArn: 'arn:of:privo' } });
    privo.state.clientSecret = await ports.secrets.named('arn:of:privo');
    const { http: ask } = await makeWorld({ privo: { ...rest, clientSecretArn: 'arn:of:privo' } });
    const answer = await ask('POST', '/api/v2/register/privo', { body: { ...person, email: newEmail() } });
    privo.state.clientSecret = clientSecret ?? '';
    expect(answer.body.success).toBe(true);
  });
});

describe('without Privo', () => {
  it('nobody signs up, and the answer names the setting', async () => {
    const bare = await makeWorld();
    const { status, body } = await bare.http('POST', '/api/v2/register/privo', { body: { ...person, name: 'x' } });
    expect([status, body.errorCode]).toEqual([501, 'not_supported']);
    expect(body.errorMessage).toContain('PRIVO');
  });
});
