import { afterEach, describe, expect, it } from '@jest/globals';
import { createOutbox } from '../../functions/adapters/outbox.ts';
import { type Service, startService } from '../support/service.ts';

describe('the outbox', () => {
  let service: Service;
  afterEach(() => service.close());
  const accepting = async () => {
    service = await startService(() => ({ body: { MessageId: 'm' } }));
    return service.client({ service: 'ses' });
  };

  it('sends mail by SES', async () => {
    const outbox = createOutbox({ ses: await accepting(), from: 'chorus@example.com' }, undefined);
    await outbox.email?.('ann@example.com', 'Your code', 'It is 123456. ä');
    const [request] = service.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/v2/email/outbound-emails' });
    expect(JSON.parse(String(request?.body))).toEqual({
      FromEmailAddress: 'chorus@example.com',
      Destination: { ToAddresses: ['ann@example.com'] },
      Content: {
        Simple: {
          Subject: { Data: 'Your code', Charset: 'UTF-8' },
          Body: { Text: { Data: 'It is 123456. ä', Charset: 'UTF-8' } },
        },
      },
    });
  });

  it.each([
    ['Chorus', 'AWS.SNS.SMS.SenderID'],
    ['+15550100', 'AWS.MM.SMS.OriginationNumber'],
  ])('sends text messages by SNS as %s', async (sender, attribute) => {
    const outbox = createOutbox(undefined, { sns: await accepting(), sender });
    await outbox.sms?.('+15550123', 'It is 123456 & more');
    const form = new URLSearchParams(String(service.requests[0]?.body));
    expect(Object.fromEntries(form)).toMatchObject({
      Action: 'Publish',
      PhoneNumber: '+15550123',
      Message: 'It is 123456 & more',
      'MessageAttributes.entry.2.Name': attribute,
      'MessageAttributes.entry.2.Value.StringValue': sender,
    });
  });

  it('throws when the provider refuses', async () => {
    service = await startService(() => ({ status: 400, headers: { 'x-amzn-errortype': 'MessageRejected' } }));
    const outbox = createOutbox({ ses: service.client(), from: 'a@b.c' }, undefined);
    await expect(outbox.email?.('ann@example.com', 's', 't')).rejects.toMatchObject({ code: 'MessageRejected' });
  });

  it('lacks the channels whose sender is not set', async () => {
    await accepting();
    expect(createOutbox(undefined, undefined)).toEqual({ email: undefined, sms: undefined });
  });
});
