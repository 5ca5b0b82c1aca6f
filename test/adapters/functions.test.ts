import { afterEach, describe, expect, it } from '@jest/globals';
import { createFunctions } from '../../functions/adapters/functions.ts';
import { createRuntime } from '../../functions/adapters/runtime.ts';
import { isPassingTrouble } from '../../functions/core/errors.ts';
import { type Reaction, type Service, startService } from '../support/service.ts';

describe('functions', () => {
  let service: Service;
  afterEach(() => service.close());
  const reacting = async (react: (count: number) => Reaction) => {
    service = await startService((_, count) => react(count));
    return createFunctions(service.client({ service: 'lambda' }), (callee) => `Chorus-${callee}`);
  };

  it('are invoked by their name with the event as it is, and answer what they return', async () => {
    const functions = await reacting(() => ({ body: { statusCode: 200, body: 'ä' } }));
    expect(await functions.invoke('passkeys', { rawPath: '/x', body: '"ü"' })).toEqual({ statusCode: 200, body: 'ä' });
    const [request] = service.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/2015-03-31/functions/Chorus-passkeys/invocations' });
    expect(JSON.parse(String(request?.body))).toEqual({ rawPath: '/x', body: '"ü"' });
    expect(request?.headers.authorization).toContain('/lambda/aws4_request');
  });

  it('that fail are a failure, with what they said', async () => {
    const headers = { 'x-amz-function-error': 'Unhandled' };
    const functions = await reacting(() => ({ headers, body: { errorMessage: 'broken' } }));
    await expect(functions.invoke('passkeys', {})).rejects.toThrow(/passkeys failed: .*broken/);
  });

  it('are invoked again when they surely have not run', async () => {
    const headers = { 'x-amzn-errortype': 'TooManyRequestsException' };
    const functions = await reacting((count) => (count < 2 ? { status: 429, headers } : { body: null }));
    expect(await functions.invoke('passkeys', {})).toBeNull();
    expect(service.requests).toHaveLength(3);
  });

  it('are not invoked again when they may have run: that is trouble which passes', async () => {
    const functions = await reacting(() => 'drop');
    const trouble = await functions.invoke('passkeys', {}).catch((error: unknown) => error);
    expect(isPassingTrouble(trouble)).toBe(true);
    expect(service.requests).toHaveLength(1);
  });

  it('refuse events that are too large in so many words', async () => {
    const functions = await reacting(() => ({
      status: 413,
      headers: { 'x-amzn-errortype': 'RequestTooLargeException' },
    }));
    await expect(functions.invoke('passkeys', {})).rejects.toMatchObject({ code: 'too_large' });
    await expect(functions.start('passkeys', {})).rejects.toMatchObject({ code: 'too_large' });
  });

  it('that nobody waits for are only handed the event, once more when no answer came', async () => {
    const functions = await reacting((count) => (count === 0 ? 'drop' : { status: 202 }));
    await functions.start('passkeys', { job: 'x' });
    expect(service.requests.map(({ headers }) => headers['x-amz-invocation-type'])).toEqual(['Event', 'Event']);
    expect(JSON.parse(String(service.requests[1]?.body))).toEqual({ job: 'x' });
  });

  it('have to have been told of', async () => {
    await reacting(() => ({}));
    const aws = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' };
    const { functions } = createRuntime(aws, () => undefined);
    await expect(functions.invoke('passkeys', {})).rejects.toMatchObject({
      code: 'not_configured',
      message: expect.stringContaining('PASSKEYS_FUNCTION'),
    });
  });
});
