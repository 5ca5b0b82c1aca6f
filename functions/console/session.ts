import { RefusedError, Unreachable } from './words.ts';

/** Signing in with a code sent by mail. The browser stores the session until it expires. */

export interface Session {
  readonly userId: string;
  /** Proves the session; sent as `access_token` at the socket's upgrade. */
  readonly sessionKey: string;
  readonly expireTimeMs: number | null;
  readonly address: string;
}

export interface CodeRequest {
  readonly userId: string;
  readonly requestId: string;
  readonly address: string;
}

const storageKey = 'chorus.session';

/** The session of an earlier visit, unless it has expired or storage is disabled. */
export function storedSession(): Session | undefined {
  try {
    const session = JSON.parse(localStorage.getItem(storageKey) ?? 'null') as Session | null; // written by keep()
    if (session && (session.expireTimeMs === null || session.expireTimeMs > Date.now())) return session;
  } catch {
    // Storage is disabled, or holds something else: no user is signed in.
  }
  return undefined;
}

/** @throws RefusedError, Unreachable */
export async function requestCode(address: string): Promise<CodeRequest> {
  const answer = await call('login', { address, addressType: 'email' });
  return { userId: String(answer.userId), requestId: String(answer.requestId), address };
}

/** @throws RefusedError, Unreachable */
export async function signIn({ userId, requestId, address }: CodeRequest, code: string): Promise<Session> {
  const answer = await call('completeLogin', { userId, requestId, code });
  const expireTimeMs = typeof answer.expireTimeMs === 'number' ? answer.expireTimeMs : null;
  const session = { userId: String(answer.userId), sessionKey: String(answer.sessionKey), expireTimeMs, address };
  keep(session);
  return session;
}

/** Ends the session here, and on the server if it can be reached. */
export async function signOut({ sessionKey }: Session): Promise<void> {
  keep(undefined);
  await call('logout', {}, sessionKey).catch(() => undefined);
}

/** Whether the server still accepts the session; also true if the server cannot be reached. */
export async function isAccepted({ userId, sessionKey }: Session): Promise<boolean> {
  try {
    const answer = await fetch(`/api/${encodeURIComponent(userId)}/metadata`, { headers: bearer(sessionKey) });
    return answer.status !== 401 && answer.status !== 403;
  } catch {
    return true;
  }
}

export function forget(): void {
  keep(undefined);
}

function keep(session: Session | undefined): void {
  try {
    if (session) localStorage.setItem(storageKey, JSON.stringify(session));
    else localStorage.removeItem(storageKey);
  } catch {
    // Storage is disabled: the session lasts as long as the page.
  }
}

async function call(name: string, body: object, key?: string): Promise<Readonly<Record<string, unknown>>> {
  let answer: Readonly<Record<string, unknown>>;
  try {
    const response = await fetch(`/api/v2/${name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(key === undefined ? {} : bearer(key)) },
      body: JSON.stringify(body),
    });
    answer = await response.json();
  } catch (cause) {
    throw new Unreachable('no answer', { cause });
  }
  if (answer.success === true) return answer;
  throw new RefusedError(String(answer.errorCode), String(answer.errorMessage), Number(answer.retryAfterSeconds));
}

function bearer(key: string): Record<string, string> {
  return { Authorization: `Bearer ${key}` };
}
