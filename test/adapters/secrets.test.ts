import { afterEach, describe, expect, it } from '@jest/globals';
import { createSecrets } from '../../functions/adapters/secrets.ts';
import { type Reaction, type Service, startService } from '../support/service.ts';

describe('the server secret', () => {
  let service: Service;
  afterEach(() => service.close());
  const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:server';
  const holding = async (...reactions: Reaction[]) => {
    service = await startService((_request, count) => reactions[Math.min(count, reactions.length - 1)] ?? {});
    return createSecrets(service.client(), { server: arn });
  };

  it('is fetched once, however many ask', async () => {
    const secrets = await holding({ body: { SecretString: 's'.repeat(32) } });
    const [one, two] = await Promise.all([secrets.server(), secrets.server()]);
    expect(Buffer.from(one).toString()).toBe('s'.repeat(32));
    expect(two).toBe(one);
    expect(service.requests.map((request) => JSON.parse(request.body.toString()))).toEqual([{ SecretId: arn }]);
  });

  it('may be binary', async () => {
    const bytes = new Uint8Array(40).fill(255);
    const secrets = await holding({ body: { SecretBinary: Buffer.from(bytes).toString('base64') } });
    expect(await secrets.server()).toEqual(bytes);
  });

  it('is asked for again after a failure', async () => {
    const denied: Reaction = { status: 400, body: { __type: 'AccessDeniedException' } };
    const secrets = await holding(denied, { body: { SecretString: 's'.repeat(32) } });
    await expect(secrets.server()).rejects.toMatchObject({ code: 'AccessDeniedException' });
    await expect(secrets.server()).resolves.toHaveLength(32);
  });

  it('is refused when it is short, and not shown', async () => {
    const secrets = await holding({ body: { SecretString: 'too short' } });
    await expect(secrets.server()).rejects.toMatchObject({
      code: 'not_configured',
      message: `The secret ${arn} has 9 bytes; it needs 32 or more.`,
    });
  });
});

describe('the edge’s secret', () => {
  it('is one of its own, and absent where there is no edge', async () => {
    const service = await startService((request) => {
      const { SecretId } = JSON.parse(request.body.toString());
      return { body: { SecretString: `${SecretId} `.repeat(8) } };
    });
    const secrets = createSecrets(service.client(), { server: 'server', edge: 'edge' });
    expect(Buffer.from((await secrets.edge?.()) ?? []).toString()).toBe('edge '.repeat(8));
    expect(Buffer.from(await secrets.server()).toString()).toBe('server '.repeat(8));
    expect(createSecrets(service.client(), { server: 'server' }).edge).toBeUndefined();
    await service.close();
  });
});

describe('a secret that a setting names', () => {
  it('is fetched once, of any length', async () => {
    const service = await startService((request) => ({
      body: { SecretString: `the secret of ${JSON.parse(request.body.toString()).SecretId}` },
    }));
    const secrets = createSecrets(service.client(), { server: 'server' });
    expect(await Promise.all([secrets.named('one'), secrets.named('one'), secrets.named('two')])).toEqual([
      'the secret of one',
      'the secret of one',
      'the secret of two',
    ]);
    expect(service.requests).toHaveLength(2);
    await service.close();
  });
});
