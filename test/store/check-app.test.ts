import { describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { defineApp } from '../../functions/core/app.ts';
import type { BucketDefinition } from '../../functions/core/bucket-definition.ts';
import { checkApp } from '../../functions/store/check-app.ts';

const withBucket = (bucket: BucketDefinition) => defineApp({ name: 'test', buckets: { things: bucket } });

describe('an application', () => {
  it('of ours can be started', () => {
    expect(() => checkApp(app)).not.toThrow();
  });

  it('stops where a bucket cannot work, naming bucket and field', () => {
    const noKey = withBucket({ key: 'id', schema: { name: { type: 'string' } } });
    expect(() => checkApp(noKey)).toThrow(/"things".*"id"/);
    const nowhere = { id: { type: 'string' }, of: { type: 'string', ref: 'nowhere' } } as const;
    expect(() => checkApp(withBucket({ key: 'id', schema: nowhere }))).toThrow(/"things".*"of".*"nowhere"/);
  });

  it.each([
    { maxRequests: 0, windowMs: 1_000 },
    { maxRequests: 1.5, windowMs: 1_000 },
    { maxRequests: 1_000_000, windowMs: 1_000 },
    { maxRequests: 20, windowMs: 0 },
  ])('stops where its rate limit is %p', (rateLimit) => {
    expect(() => checkApp(defineApp({ name: 'test', rateLimit }))).toThrow(/rateLimit/);
  });

  it.each([
    { heartbeat: { intervalMs: 0 } },
    { heartbeat: { timeoutMs: Number.NaN } },
    { maxConnectionsPerIp: 0 },
    { maxConnectionsPerIp: 100_000 },
    { allowedOrigins: ['https://example.com/'] },
    { allowedOrigins: ['*'] },
    { audit: { retentionDays: 0 } },
  ])('stops where a limit cannot be kept: %j', (limits) => {
    expect(() => checkApp(defineApp({ name: 'test', ...limits }))).toThrow(new RegExp(Object.keys(limits).join('|')));
  });

  it('stops where a query asks a bucket that there is not', () => {
    const lost = defineApp({ name: 'test', queries: { lost: { bucket: 'nowhere' } } });
    expect(() => checkApp(lost)).toThrow(/"lost".*"nowhere"/);
  });
});
