import { expect } from '@jest/globals';
import type { SignedIn, World } from './world.ts';

/** Calls of procedures as CasualOS clients make them, and records for them. */
export function recordCalls(open: () => Pick<World, 'http'>) {
  let count = 0;
  async function call(procedure: string, as: SignedIn | undefined, input: object, headers?: Record<string, string>) {
    const { status, body } = await open().http('POST', '/api/v3/callProcedure', {
      as: as?.sessionKey,
      body: { procedure, input },
      ...(headers ? { headers } : {}),
    });
    return { status, ...body };
  }
  /** A record of their own, under an unused name. */
  async function made(as: SignedIn): Promise<string> {
    const recordName = `record-${++count}`;
    expect(await call('createRecord', as, { recordName })).toEqual({ status: 200, success: true });
    return recordName;
  }
  async function keyTo(recordName: string, as: SignedIn, policy: 'subjectfull' | 'subjectless'): Promise<string> {
    return (await call('createRecordKey', as, { recordName, policy })).recordKey;
  }
  async function grant(recordName: string, as: SignedIn, permission: object): Promise<void> {
    expect(await call('grantPermission', as, { recordName, permission })).toMatchObject({ status: 200 });
  }
  return { call, made, keyTo, grant };
}
