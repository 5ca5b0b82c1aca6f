import { describe, expect, it } from '@jest/globals';
import { declaringProps, localSettings, overlaid } from '../../local/settings.ts';
import { functionPart } from './fixtures/functions.ts';

describe('settings on a laptop', () => {
  it('open what is safe to open there, and keep mail in the outbox', () => {
    expect(localSettings({})).toMatchObject({
      ANONYMOUS: 'rooms,nodes,insts',
      ADMIN_ADDRESSES: 'admin@example.com',
      MAIL_FROM: expect.stringContaining('@'),
    });
  });

  it.each(['ACCOUNT_ORIGINS', 'API_ORIGINS'])('let every page of this machine call, as %s tells', (name) => {
    const listed = String(localSettings({})[name]).split(' ');
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(listed).toEqual(expect.arrayContaining([`http://${host}:*`, `https://${host}:*`]));
    }
  });

  it('let pages of this machine use passkeys, which browsers bind to its name', () => {
    const parties = JSON.parse(String(localSettings({}).WEBAUTHN));
    expect(parties.map(({ id, origin }: Record<string, string>) => [id, origin])).toEqual([
      ['localhost', 'http://localhost:*'],
      ['localhost', 'https://localhost:*'],
    ]);
  });

  it('give way to the environment', () => {
    const settings = localSettings({ ANONYMOUS: 'rooms', RATE_LIMIT: '{"maxHits":1,"windowMs":1}' });
    expect(settings).toMatchObject({ ANONYMOUS: 'rooms', RATE_LIMIT: '{"maxHits":1,"windowMs":1}' });
  });

  it('are declared in the template when they have a value, whatever that is', () => {
    const one = declaringProps(localSettings({ CHAT_HISTORY_LIMIT: '5', CHAT_RETENTION_DAYS: '1' }));
    const other = declaringProps(localSettings({ CHAT_HISTORY_LIMIT: '50', CHAT_RETENTION_DAYS: '7' }));
    expect(one).toEqual(other);
    expect(one).toMatchObject({
      rooms: { chatHistoryLimit: expect.any(Number), chatRetentionDays: expect.any(Number) },
    });
    expect(one).not.toHaveProperty('requireSignIn');
  });

  it('are declared together where they belong together', () => {
    const clerk = declaringProps({ CLERK_SECRET_KEY: 'sk_test', CLERK_ISSUER: 'https://clerk.example' }).clerk;
    expect(clerk).toEqual({ secretKeyArn: expect.stringMatching(/^arn:/), issuer: expect.any(String) });
  });

  it('name the sender of mail in the template, whose permission depends on it', () => {
    expect(declaringProps({ MAIL_FROM: 'me@example.org' })).toMatchObject({ mailFrom: 'me@example.org' });
    expect(declaringProps({ MAIL_FROM: '' })).not.toHaveProperty('mailFrom');
  });

  it('reach a function only where it declares them, and never empty', () => {
    const part = functionPart('Fn', '', { environment: { TABLE_NAME: 'main', ANONYMOUS: 'x', RATE_LIMIT: 'y' } });
    expect(overlaid(part, { ANONYMOUS: 'rooms', RATE_LIMIT: '', ADMIN_TOKEN: 'secret', PATH: '/bin' })).toEqual({
      TABLE_NAME: 'main',
      ANONYMOUS: 'rooms',
    });
  });
});
