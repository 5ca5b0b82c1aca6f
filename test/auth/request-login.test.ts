import { describe, expect, it } from '@jest/globals';
import { systemIds } from '../../functions/adapters/system.ts';
import { newCode } from '../../functions/auth/secrets.ts';
import { httpOver } from '../support/http.ts';
import { makeWorld } from '../support/world.ts';

const world = await makeWorld();
const { http, outbox, clock } = world;

let count = 0;
const newAddress = () => `user-${++count}@example.com`;
const request = (address: string, more: object = {}) =>
  http('POST', '/api/v2/login', { body: { address, addressType: 'email', ...more } });

describe('requesting a code', () => {
  it('sends six digits to the address, and only there', async () => {
    const address = newAddress();
    const { status, body, text } = await request(address);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      userId: expect.any(String),
      requestId: expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/),
      address,
      addressType: 'email',
      expireTimeMs: clock.now() + 5 * 60_000,
    });
    const sent = outbox.messages.at(-1);
    expect(sent).toMatchObject({ to: address, channel: 'email', code: expect.stringMatching(/^\d{6}$/) });
    expect(text).not.toContain(sent?.code);
  });

  it('sends text messages to phone numbers', async () => {
    const { body } = await request('+1 555 010 0000', { addressType: 'phone' });
    expect(body).toMatchObject({ success: true, address: '+1 555 010 0000', addressType: 'phone' });
    // Digits only, as providers take them.
    expect(outbox.messages.at(-1)).toMatchObject({ to: '+15550100000', channel: 'sms' });
  });

  it('answers new and known addresses alike', async () => {
    const address = newAddress();
    const first = await request(address);
    const again = await request(address);
    expect(Object.keys(again.body)).toEqual(Object.keys(first.body));
    expect(again.body.userId).toBe(first.body.userId);
    expect(again.body.requestId).not.toBe(first.body.requestId);
  });

  it('takes an address for the same whatever the case of its letters', async () => {
    const address = newAddress();
    const first = await request(address);
    const again = await request(address.toUpperCase());
    expect(again.body).toMatchObject({ userId: first.body.userId, address: address.toUpperCase() });
  });

  it('makes one user of two first requests at once', async () => {
    const address = newAddress();
    const answers = await Promise.all([request(address), request(address), request(address)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.userId)).size).toBe(1);
  });

  it('ignores a custom domain that is nobody’s', async () => {
    expect((await request(newAddress(), { customDomain: 'example.org' })).body.success).toBe(true);
  });

  it.each([
    ['an empty address', { address: '' }, 400, 'unacceptable_address'],
    ['a long mail address', { address: `${'a'.repeat(200)}@example.com` }, 400, 'unacceptable_address'],
    ['a long phone number', { address: '1'.repeat(31), addressType: 'phone' }, 400, 'unacceptable_address'],
    ['no mail address', { address: 'alice' }, 400, 'unacceptable_address'],
    [
      'a phone number without its country',
      { address: '555 010 0000', addressType: 'phone' },
      400,
      'unacceptable_address',
    ],
    [
      'more digits than a phone number has',
      { address: `+${'1'.repeat(16)}`, addressType: 'phone' },
      400,
      'unacceptable_address',
    ],
    ['two recipients', { address: 'a@example.com\nb@example.com' }, 400, 'unacceptable_address'],
    ['studio and comID', { loginStudioId: 's', comId: 'c' }, 400, 'unacceptable_request'],
    ['an unknown comID', { comId: 'nobody' }, 404, 'not_found'],
    ['an unknown studio', { loginStudioId: 'nobody' }, 404, 'not_found'],
    ['an unknown address type', { addressType: 'pigeon' }, 400, 'unacceptable_request'],
    ['an address that is no text', { address: 7 }, 400, 'unacceptable_request'],
  ])('refuses %s', async (_, input, status, errorCode) => {
    const before = outbox.messages.length;
    const answer = await request(newAddress(), input);
    expect([answer.status, answer.body.success, answer.body.errorCode]).toEqual([status, false, errorCode]);
    expect(outbox.messages).toHaveLength(before);
  });

  it('says which field is wrong', async () => {
    const { body } = await request(newAddress(), { addressType: 'pigeon' });
    expect(body.issues).toEqual([expect.objectContaining({ path: ['addressType'], code: expect.any(String) })]);
  });

  it('does not claim success when the message could not be sent', async () => {
    outbox.failing = true;
    const answer = await request(newAddress());
    outbox.failing = false;
    expect([answer.status, answer.body.errorCode]).toEqual([500, 'server_error']);
    expect(answer.text).not.toContain('provider');
  });

  it('keeps neither code nor address where a stolen table would tell the code', async () => {
    const { body } = await request(newAddress());
    const rows = await world.ports.table.query({ pk: `USER#${body.userId}` });
    expect(JSON.stringify(rows)).not.toContain(outbox.messages.at(-1)?.code);
  });

  it('draws codes that begin with any digit', () => {
    const codes = Array.from({ length: 500 }, () => newCode(systemIds));
    expect(codes.every((code) => /^\d{6}$/.test(code))).toBe(true);
    expect(new Set(codes.map((code) => code[0])).size).toBe(10);
  });
});

describe('the limit of codes per address', () => {
  it('lets ten pass in ten minutes, then says when to come back', async () => {
    const address = newAddress();
    for (let at = 0; at < 10; at += 1) {
      expect((await request(address)).status).toBe(200);
      clock.advance(1_000);
    }
    const last = outbox.messages.at(-1);
    const refused = await request(address.toUpperCase());
    expect([refused.status, refused.body.errorCode]).toEqual([429, 'rate_limit_exceeded']);
    expect(refused.body.retryAfterSeconds).toBe(590);
    expect(refused.headers['retry-after']).toBe('590');
    expect(outbox.messages.at(-1)).toBe(last);
    expect((await request(newAddress())).status).toBe(200);
    clock.advance(590_000);
    expect((await request(address)).status).toBe(200);
    expect((await request(address)).status).toBe(429);
  });

  it('lets ten pass of twenty at once, and leaves the pending request as it is', async () => {
    const address = newAddress();
    const answers = await Promise.all(Array.from({ length: 20 }, () => request(address)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10);
  });
});

describe('settings', () => {
  it('refuse addresses that the rules do not allow, before a user is made', async () => {
    const { http, ports, outbox } = await makeWorld({
      addressRules: [
        { type: 'deny', pattern: '^eve@' },
        { type: 'allow', pattern: '@EXAMPLE\\.com$' },
      ],
    });
    const ask = (address: string) => http('POST', '/api/v2/login', { body: { address, addressType: 'email' } });
    expect((await ask('alice@example.com')).status).toBe(200);
    for (const address of ['eve@example.com', 'alice@example.org']) {
      const { status, body } = await ask(address);
      expect([status, body.errorCode]).toEqual([400, 'unacceptable_address']);
      expect(await ports.table.get({ pk: `ADDR#email#-#${address}`, sk: 'ADDR' })).toBeUndefined();
    }
    expect(outbox.messages).toHaveLength(1);
  });

  it('name the one that is missing where a kind of message cannot be sent', async () => {
    const { ports } = await makeWorld();
    const http = httpOver({ ...ports, outbox: { email: undefined, sms: undefined } });
    for (const [addressType, address, setting] of [
      ['email', 'a@example.com', 'MAIL_FROM'],
      ['phone', '+15550100', 'SMS_SENDER'],
    ]) {
      const { status, body } = await http('POST', '/api/v2/login', { body: { address, addressType } });
      expect([status, body.errorCode]).toEqual([501, 'address_type_not_supported']);
      expect(body.errorMessage).toContain(setting);
    }
  });
});
