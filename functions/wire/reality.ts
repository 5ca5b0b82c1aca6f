import { Failure } from '../core/errors.ts';
import { type Family, preflightAgeSeconds } from './family.ts';
import { plain } from './plain.ts';

const allowedHeaders =
  'Content-Type, Authorization, X-Reality-Server, X-Reality-Gossip, X-Reality-Version, Last-Event-ID';
const exposedHeaders = 'X-Reality-Server, X-Reality-Gossip, X-Reality-Version';

/** This family has no developer without a credential. */
const { namesDeveloper: _, ...answers } = plain;

/** Paths of Reality's clients: plain answers, except that a wrong method on a known path gets its own error. */
export const reality: Family = {
  ...answers,
  name: 'reality',
  owns: (path) => path === '/reality' || path.startsWith('/reality/'),
  headersFor: () => ({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': exposedHeaders }),

  preflight: () => ({
    status: 204,
    headers: {
      'Access-Control-Allow-Methods': 'GET, POST, DELETE, OPTIONS',
      'Access-Control-Allow-Headers': allowedHeaders,
      'Access-Control-Max-Age': preflightAgeSeconds,
    },
  }),

  unknown: (allowed) =>
    allowed.length === 0
      ? new Failure('not_found', 'Not found')
      : new Failure('method_not_allowed', 'Method not allowed', { allow: [...allowed, 'OPTIONS'].join(', ') }),

  refuse(failure) {
    const { status, headers } = plain.refuse(failure);
    const body = { error: failure.message };
    if (failure.code !== 'method_not_allowed') return { status, ...(headers ? { headers } : {}), body };
    return { status: 405, headers: { Allow: String(failure.details.allow) }, body };
  },
};
