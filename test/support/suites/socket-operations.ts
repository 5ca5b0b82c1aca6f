import { describe, expect, it } from '@jest/globals';
import type { Contract } from '../../../functions/core/contract.ts';
import type { casualosWorld } from '../casualos.ts';
import { requiredFields, sampleInput, takesAnything } from '../sample-input.ts';
import type { Client } from '../sockets.ts';

type World = Awaited<ReturnType<typeof casualosWorld>>;

/** What every operation over CasualOS's sockets must refuse, and how, derived from the contracts alone. */
export function socketOperationsSuite(contracts: Readonly<Record<string, Contract>>, world: World): void {
  const operations = Object.entries(contracts).flatMap(([capability, contract]) =>
    Object.entries(contract.operations).flatMap(([name, operation]) =>
      operation.socket?.dialect === 'casualos'
        ? [{ name: `${capability}.${name}`, type: operation.socket.type, operation }]
        : [],
    ),
  );

  describe.each(operations)('$name as $type', ({ type, operation }) => {
    const needsLogin = operation.access.caller === 'login';
    const sample = () => sampleInput(operation.input);
    const ask = (client: Client, input: object) => world.ask(client, [1, 7, { type, ...input }]);
    const errorsIn = (events: readonly [number, unknown, unknown][]) =>
      events.flatMap(([kind, , info]) => (kind === 5 ? [info] : []));

    it(needsLogin ? 'needs a login first, and ends the socket without one' : 'needs no login', async () => {
      const client = await world.open();
      const errors = errorsIn(await ask(client, sample()));
      const refused = expect.objectContaining({ success: false, errorCode: 'invalid_connection_state' });
      if (needsLogin) expect(errors).toEqual([refused]);
      else expect(errors).not.toContainEqual(refused);
      expect(world.isOpen(client)).toBe(!needsLogin);
    });

    if (needsLogin) {
      it('refuses a session that was revoked, and ends the socket', async () => {
        const person = await world.person();
        const client = await world.loggedIn(person, { inst: 'x' });
        const { userId, sessionId, sessionKey } = person;
        await world.http('POST', '/api/v2/revokeSession', { body: { userId, sessionId }, as: sessionKey });
        expect(errorsIn(await ask(client, sample()))).toMatchObject([{ success: false, errorCode: 'invalid_token' }]);
        expect(world.isOpen(client)).toBe(false);
      });
    }

    for (const field of requiredFields(operation.input)) {
      it(`says that ${field} is missing, and keeps the socket`, async () => {
        const { [field]: _, ...rest } = sample();
        await expectsIssue(await world.loggedIn(), rest, field);
      });

      if (takesAnything(operation.input, field)) continue;
      it(`says that ${field} cannot be an object of any kind, and keeps the socket`, async () => {
        await expectsIssue(await world.loggedIn(), { ...sample(), [field]: { unexpected: [] } }, field);
      });
    }

    async function expectsIssue(client: Client, input: object, field: string): Promise<void> {
      const [error] = await ask(client, input);
      const code = expect.any(String);
      const issue = expect.objectContaining({ code, path: expect.arrayContaining([field]) });
      expect(error).toEqual([
        5,
        7,
        expect.objectContaining({
          success: false,
          errorCode: 'unacceptable_request',
          issues: expect.arrayContaining([issue]),
        }),
      ]);
      expect(world.isOpen(client)).toBe(true);
    }

    it('breaks nowhere', () => {
      expect([world.errors, world.dead, world.lost]).toEqual([[], [], []]);
    });
  });
}
