import { randomUUID } from 'node:crypto';
import type { Access, ServiceResponse } from '../parts.ts';
import { admit } from '../service-access.ts';
import { type Service, ServiceFailure, spelling } from './answers.ts';
import type { Outbox } from './outbox.ts';

/** SNS in its query protocol: `Publish` to a phone number writes to the outbox. */
export function createTextMessages(access: Access, outbox: Outbox): Service {
  return (request) =>
    spelling(xmlError, () => {
      const form = new URLSearchParams(request.body.toString());
      const phone = form.get('PhoneNumber') ?? '';
      // A phone number has no ARN, so only a grant on everything covers it.
      const admission = admit(access, request, [['sns:Publish', phone]]);
      if (!admission.ok) return xmlError(admission);
      if (form.get('Action') !== 'Publish') {
        throw new ServiceFailure(400, 'InvalidAction', 'Only Publish is served here.');
      }
      if (!/^\+[1-9]\d{4,14}$/.test(phone)) {
        throw new ServiceFailure(400, 'InvalidParameter', `Invalid parameter: PhoneNumber: ${phone}`);
      }
      const message = form.get('Message') ?? '';
      if (message === '') throw new ServiceFailure(400, 'InvalidParameter', 'Invalid parameter: Empty message');
      outbox.add(phone, 'sms', message);
      return xml(
        200,
        `<PublishResponse xmlns="${namespace}"><PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult>` +
          `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></PublishResponse>`,
      );
    });
}

const namespace = 'http://sns.amazonaws.com/doc/2010-03-31/';

function xmlError({ status, code, message }: { status: number; code: string; message: string }): ServiceResponse {
  const text = message.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`);
  return xml(
    status,
    `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${text}</Message></Error>` +
      `<RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
  );
}

function xml(status: number, body: string): ServiceResponse {
  return { status, headers: { 'content-type': 'text/xml' }, body };
}
