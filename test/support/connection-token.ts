import { createHmac } from 'node:crypto';

const text = (base64: string): string => Buffer.from(base64, 'base64').toString();
const base64 = (of: string): string => Buffer.from(of).toString('base64');

export interface TokenFor {
  readonly connectionId: string;
  readonly recordName?: string | null;
  readonly inst?: string;
}

/** The token that a client makes from the connection key that it received when signing in. */
export function connectionToken(
  connectionKey: string,
  { connectionId, recordName = null, inst = 'inst' }: TokenFor,
): string {
  const [userId = '', sessionId = '', secret = ''] = connectionKey.split('.').slice(1).map(text);
  const mac = createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(connectionId + (recordName ?? '') + inst)
    .digest('hex');
  return ['vCT1', ...[userId, sessionId, connectionId, recordName ?? '', inst, mac].map(base64)].join('.');
}
