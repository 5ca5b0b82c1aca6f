import { randomUUID } from 'node:crypto';
import type { Access } from '../parts.ts';
import { admit } from '../service-access.ts';
import { listOf, objectOf, optionalText } from '../template/json.ts';
import { json, readJsonBody, restError, type Service, ServiceFailure, spelling } from './answers.ts';
import type { Outbox } from './outbox.ts';

/** SES version 2: `SendEmail` with simple content writes to the outbox. */
export function createMail(access: Access, outbox: Outbox): Service {
  return (request, path) =>
    spelling(restError, () => {
      const body = readJsonBody(request.body);
      const from = optionalText(body.FromEmailAddress) ?? '';
      const address = /<([^>]+)>/.exec(from)?.[1] ?? from;
      const identity = (name: string) => `arn:aws:ses:us-east-1:000000000000:identity/${name}`;
      // With a verified domain, every address in it may send.
      const admission = admit(access, request, [
        ['ses:SendEmail', identity(address), identity(address.split('@').pop() ?? '')],
      ]);
      if (!admission.ok) return restError(admission);
      if (request.method !== 'POST' || path !== '/v2/email/outbound-emails') {
        throw new ServiceFailure(404, 'NotFoundException', `There is no ${request.method} ${path} here.`);
      }
      const to = listOf(objectOf(body.Destination).ToAddresses).map(String);
      const content = objectOf(objectOf(objectOf(body.Content).Simple).Body);
      const text = optionalText(objectOf(content.Text).Data) ?? withoutTags(optionalText(objectOf(content.Html).Data));
      if (address === '' || to.length === 0 || text === undefined) {
        throw new ServiceFailure(400, 'BadRequestException', 'A mail needs a sender, a receiver and simple content.');
      }
      for (const receiver of to) outbox.add(receiver, 'email', text);
      return json(200, { MessageId: randomUUID() });
    });
}

function withoutTags(html: string | undefined): string | undefined {
  return html?.replace(/<[^>]*>/g, ' ').trim();
}
