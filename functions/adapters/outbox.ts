import type { Outbox } from '../core/ports.ts';
import type { AwsClient } from './aws-request.ts';

/** The `Outbox` port: mail by SES, text messages by SNS, each from the sender that the operator has set. */
export function createOutbox(
  email: { readonly ses: AwsClient; readonly from: string } | undefined,
  sms: { readonly sns: AwsClient; readonly sender: string } | undefined,
): Outbox {
  return {
    email: email && ((to, subject, text) => sendMail(email.ses, email.from, to, subject, text)),
    sms: sms && ((to, text) => sendText(sms.sns, sms.sender, to, text)),
  };
}

async function sendMail(ses: AwsClient, from: string, to: string, subject: string, text: string): Promise<void> {
  const content = (data: string) => ({ Data: data, Charset: 'UTF-8' });
  await ses.send({
    operation: 'SendEmail',
    method: 'POST',
    path: '/v2/email/outbound-emails',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      FromEmailAddress: from,
      Destination: { ToAddresses: [to] },
      Content: { Simple: { Subject: content(subject), Body: { Text: content(text) } } },
    }),
    // Retried, because a user who waits for a code would rather get it twice than never.
    repeatable: true,
  });
}

/** `sender` is a phone number to send from (`+…`) or a name that stands in its place, where the country allows one. */
async function sendText(sns: AwsClient, sender: string, to: string, text: string): Promise<void> {
  const attributes = [
    ['AWS.SNS.SMS.SMSType', 'Transactional'],
    [sender.startsWith('+') ? 'AWS.MM.SMS.OriginationNumber' : 'AWS.SNS.SMS.SenderID', sender],
  ];
  const form = new URLSearchParams({ Action: 'Publish', Version: '2010-03-31', PhoneNumber: to, Message: text });
  attributes.forEach(([name = '', value = ''], i) => {
    const entry = `MessageAttributes.entry.${i + 1}`;
    form.set(`${entry}.Name`, name);
    form.set(`${entry}.Value.DataType`, 'String');
    form.set(`${entry}.Value.StringValue`, value);
  });
  await sns.send({
    operation: 'Publish',
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    repeatable: true,
  });
}
