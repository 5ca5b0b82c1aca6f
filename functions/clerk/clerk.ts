import { follow } from '../auth/followed-people.ts';
import { closeWayIn, endForgetting, type Forgotten, forgetPerson, removeAccount } from '../auth/forgotten-people.ts';
import { clerkIssuer } from '../auth/trusted-issuers.ts';
import type { RawRequest } from '../core/caller.ts';
import { askToCloseSockets } from '../core/close-sockets.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { secretSetting } from '../core/secret-setting.ts';
import { isSigned } from '../core/signed-webhook.ts';
import { deleteOwnedBy, ownsNothing } from '../projects/erase.ts';
import { ownsRecords } from '../records/owned.ts';
import { clerkContract } from './contract.ts';
import { eventIn } from './event.ts';
import { taking } from './taken-store.ts';

/**
 * Users of the application at Clerk become users here, with the same id as with a token of Clerk's. Clerk's webhooks
 * may arrive in any order, several times, and concurrently with the user's first request.
 */
export const clerk = implement('clerk', clerkContract, {
  async hearOfUser(ports, { request }) {
    if (!request) throw new Error('The request did not come along.');
    const body = Buffer.from(request.body).toString();
    const id = await provenId(ports, request, body);
    const event = eventIn(body);
    if (event?.kind === 'is') {
      const taken = taking(id ?? ports.ids.uuid(), ports.clock.now());
      await follow(ports, event.told, taken, (user) => ownsNothingAtAll(ports, user));
    }
    if (event?.kind === 'deleted') await deleted(ports, event.subject);
    return { received: true } as const;
  },
});

/**
 * Verifies Clerk's signature and returns the event's id; undefined for an unsigned event in development.
 * @throws Failure `invalid_key`, or `not_set_up` without a signing secret
 */
async function provenId(ports: Ports, request: RawRequest, body: string): Promise<string | undefined> {
  const { settings, clock } = ports;
  const sent = (name: string) => request.header(`svix-${name}`) ?? request.header(`webhook-${name}`);
  const [id, timestamp, signatures] = [sent('id'), sent('timestamp'), sent('signature')];
  const secret = settings.clerk?.webhookSecret;
  if (settings.environment === 'development' && (signatures === undefined || secret === undefined)) return id;
  if (secret === undefined) throw new Failure('not_set_up', 'Webhook secret not configured');
  const isComplete = id !== undefined && timestamp !== undefined && signatures !== undefined;
  const webhook = isComplete && { id, timestamp, body };
  if (webhook && isSigned(await secretSetting(ports, secret), webhook, signatures, clock.now())) return id;
  throw new Failure('invalid_key', 'Invalid signature');
}

async function ownsNothingAtAll(ports: Ports, userId: UserId): Promise<boolean> {
  return (await ownsNothing(ports, userId)) && !(await ownsRecords(ports, userId));
}

/**
 * Deletes a user. After the first step they cannot sign in. If the handler dies before the last step, Clerk sends the
 * event again, and all steps are repeated.
 */
async function deleted(ports: Ports, subject: string): Promise<void> {
  const person = { issuer: clerkIssuer, subject };
  const forgotten = await forgetPerson(ports, person);
  if (!forgotten) return;
  await deleteOwnedBy(ports, forgotten.userId);
  await leave(ports, forgotten);
  await askToCloseSockets(ports, { userId: forgotten.userId, all: true });
  await endForgetting(ports, person, forgotten);
}

async function leave(ports: Ports, { user, isOtherwiseIn }: Forgotten): Promise<void> {
  if (!user) return;
  // Records belong to another system, and stay with their owner.
  if (isOtherwiseIn || (await ownsRecords(ports, user.id))) await closeWayIn(ports, user, clerkIssuer);
  else await removeAccount(ports, user);
}
