import { describe, expect, it } from '@jest/globals';
import { systemIds } from '../../functions/adapters/system.ts';
import type { Secrets } from '../../functions/core/ports.ts';
import { seal, unseal } from '../../functions/core/sealed.ts';

const secretsOf = (byte: number): Secrets => ({
  server: async () => new Uint8Array(32).fill(byte),
  named: async () => '',
});
const secrets = secretsOf(7);
const ports = { secrets, ids: systemIds };

describe('a sealed text', () => {
  it('can be read again, for what it belongs to', async () => {
    const sealed = await seal(ports, 'mine', 'a secret: ü');
    expect(await unseal(secrets, 'mine', sealed)).toBe('a secret: ü');
    expect(await unseal(secrets, 'yours', sealed)).toBeUndefined();
  });

  it('tells nothing, not even that two are the same', async () => {
    const [one, other] = [await seal(ports, 'mine', 'secret'), await seal(ports, 'mine', 'secret')];
    expect(one).not.toBe(other);
    expect(Buffer.from(one, 'base64').toString('latin1')).not.toContain('secret');
  });

  it('cannot be changed, cut, or read by another deployment', async () => {
    const sealed = Buffer.from(await seal(ports, 'mine', 'secret'), 'base64');
    sealed[14] = (sealed[14] ?? 0) ^ 1;
    expect(await unseal(secrets, 'mine', sealed.toString('base64'))).toBeUndefined();
    expect(await unseal(secrets, 'mine', sealed.subarray(0, 20).toString('base64'))).toBeUndefined();
    expect(await unseal(secrets, 'mine', '')).toBeUndefined();
    expect(await unseal(secretsOf(8), 'mine', await seal(ports, 'mine', 'secret'))).toBeUndefined();
  });
});
