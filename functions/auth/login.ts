import { branded } from '../core/branded.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { isSameSecret } from '../core/timing-safe.ts';
import { type AddressType, canonical, checkShape, isAllowed } from './addresses.ts';
import { completion, countAttempt, type LoginRequest, newRequest, takeTurn } from './login-store.ts';
import { hashOfCode, newCode, randomSecret } from './secrets.ts';
import { startSession } from './session-answer.ts';
import { newUser, ownerOf, provenBy, readUser, supersededBy } from './user-store.ts';
import { refuseBanned, type User } from './users.ts';

/**
 * Signing in with a code sent to an address. A code works once, for five minutes and five tries, only for its own
 * request, from the same IP address, and only until a newer one is requested. This holds under any concurrency.
 */

const requestLifetimeMs = 5 * 60_000;
/**
 * Without this limit, five tries per request would be no limit: a client could request another code and guess again.
 */
const codesPerAddress = { most: 10, windowMs: 10 * 60_000 };

interface Wanted {
  readonly address: string;
  readonly addressType: AddressType;
  readonly loginStudioId?: string | undefined;
  readonly comId?: string | undefined;
}

export async function requestLogin(ports: Ports, caller: Caller, wanted: Wanted) {
  const { address, addressType } = wanted;
  checkShape(addressType, address);
  if (wanted.loginStudioId !== undefined && wanted.comId !== undefined) {
    throw new Failure('unacceptable_request', 'Give loginStudioId or comId, not both.');
  }
  const send = sender(ports, addressType);
  if (wanted.loginStudioId !== undefined || wanted.comId !== undefined) {
    throw new Failure('not_found', 'There is no such studio.');
  }
  if (!isAllowed(address, ports.settings.addressRules)) {
    throw new Failure('unacceptable_address', 'This address may not be used here.');
  }
  const known = await knownUser(ports, addressType, address);
  if (known) refuseBanned(known);
  await limit(ports, addressType, address);

  const code = newCode(ports.ids);
  const request = await store(ports, { address, addressType, known, ip: caller.ip, code });
  // Stored before it is sent: a code that arrives can be used.
  await send(address, code).catch((error: unknown) => {
    ports.log.error('code not sent', error, { addressType });
    throw new Failure('server_error', 'The code could not be sent. Try again later.');
  });
  const { userId, requestId, expireTimeMs } = request;
  return { userId, requestId, address, addressType, expireTimeMs };
}

export async function completeLogin(
  ports: Ports,
  caller: Caller,
  input: { readonly userId: string; readonly requestId: string; readonly code: string },
) {
  const { requestId, code } = input;
  const userId = branded<UserId>(input.userId);
  if (userId === '') throw new Failure('unacceptable_user_id', 'The userId is empty.');
  if (requestId === '') throw new Failure('unacceptable_request_id', 'The requestId is empty.');
  if (code === '') throw new Failure('unacceptable_code', 'The code is empty.');

  const now = ports.clock.now();
  const request = await countAttempt(ports.table, userId, requestId, caller.ip, now);
  const user = request && (await readUser(ports.table, userId));
  if (!user || user.currentLoginRequestId !== requestId) throw notThis();
  refuseBanned(user);
  if (!isSameSecret(request.codeHash, await hashOfCode(ports.secrets, requestId, code))) {
    throw new Failure('invalid_code', 'The code is wrong.');
  }
  const { write, answer } = await startSession(ports, userId, { ip: caller.ip, requestId });
  const writes = [completion(userId, requestId, now), provenBy(requestId, userId, now), write];
  const completed = await ports.table.transact(writes);
  if (!completed.ok) throw notThis();
  return answer;
}

/** Deliberately vague: unknown, expired, used, superseded and other users' requests get the same answer. */
function notThis(): Failure {
  return new Failure('invalid_request', 'The login request is not valid, or not any more. Request a new code.');
}

function sender({ outbox }: Ports, type: AddressType): (to: string, code: string) => Promise<void> {
  const { email, sms } = outbox;
  const text = (code: string) => `${code} is your code to sign in. It is valid for five minutes.`;
  if (type === 'email' && email) {
    const rest = '\n\nIf you did not ask for it, ignore this message and tell nobody the code.';
    return (to, code) => email(to, 'Your code to sign in', text(code) + rest);
  }
  if (type === 'phone' && sms) return (to, code) => sms(canonical('phone', to), text(code));
  throw new Failure(
    'address_type_not_supported',
    `Codes cannot be sent by ${type} here: the setting ${type === 'email' ? 'MAIL_FROM' : 'SMS_SENDER'} is missing.`,
  );
}

async function limit({ table, clock }: Ports, type: AddressType, address: string): Promise<void> {
  const now = clock.now();
  const due = await takeTurn(table, { type, address }, now, codesPerAddress);
  if (due === undefined) return;
  throw new Failure('rate_limit_exceeded', 'Too many codes have been requested for this address.', {
    retryAfterSeconds: Math.max(1, Math.ceil((due - now) / 1000)),
  });
}

async function knownUser({ table }: Ports, type: AddressType, address: string): Promise<User | undefined> {
  const owner = await ownerOf(table, type, address);
  return owner && (await readUser(table, owner));
}

/** Stores the request, and its user when the address is new. Of two first requests for one address the later joins the earlier. */
async function store(
  ports: Ports,
  wanted: {
    readonly address: string;
    readonly addressType: AddressType;
    readonly known: User | undefined;
    readonly ip: string;
    readonly code: string;
  },
): Promise<LoginRequest> {
  const { address, addressType, known, ip, code } = wanted;
  const now = ports.clock.now();
  const userId = known?.id ?? branded<UserId>(ports.ids.uuid());
  const requestId = randomSecret(ports.ids);
  const codeHash = await hashOfCode(ports.secrets, requestId, code);
  const expireTimeMs = branded<EpochMs>(now + requestLifetimeMs);
  const request: LoginRequest = { userId, requestId, codeHash, ip, expireTimeMs };
  const fresh: User = {
    id: userId,
    email: addressType === 'email' ? address : null,
    phoneNumber: addressType === 'phone' ? address : null,
    role: 'none',
    createdTimeMs: now,
    currentLoginRequestId: requestId,
  };
  const owner = known ? [supersededBy(requestId, userId)] : newUser(fresh);
  const stored = await ports.table.transact([newRequest(request), ...owner]);
  if (stored.ok) return request;
  const winner = known ? undefined : await knownUser(ports, addressType, address);
  if (!winner) throw new Error('A login request could not be stored.');
  return store(ports, { ...wanted, known: winner });
}
