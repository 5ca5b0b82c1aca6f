import { describe, expect, it } from '@jest/globals';
import {
  type Contract,
  isInQuery,
  isSaidByPath,
  type Operation,
  saysNothing,
} from '../../../functions/core/contract.ts';
import type { Code } from '../../../functions/core/errors.ts';
import { maxBodyBytes } from '../../../functions/http/event.ts';
import { familyOf } from '../../../functions/wire/families.ts';
import type { HttpReply } from '../http.ts';
import { requiredFields, sampleInput, takesAnything } from '../sample-input.ts';
import type { SignedIn, World } from '../world.ts';

/** What every operation over HTTP must refuse, and how, derived from the contracts alone. */
export function operationsSuite(contracts: Readonly<Record<string, Contract>>, open: () => World): void {
  const doors = Object.entries(contracts).flatMap(([capability, { operations }]) =>
    Object.entries(operations).flatMap(([name, operation]) => doorsOf(`${capability}.${name}`, operation)),
  );

  describe.each(doors.map((door) => [door.name, door] as const))('%s', (_, door) => {
    const call = (more: Partial<Call> = {}) => door.call(open(), { input: door.sample(), ...more });

    /** A session key for families that refuse callers without one first. */
    const shown = async () => (door.family !== 'casualos' ? (await somebody(open())).sessionKey : undefined);

    if (door.operation.access.caller === 'ownProof') {
      it('refuses who proves nothing, whatever else they show', async () => {
        for (const as of [undefined, 'garbage', (await somebody(open())).sessionKey]) {
          expectRefusal(door, await call({ as }), 'invalid_key', 401);
        }
      });
      return;
    }

    if (door.operation.access.caller !== 'anyone') {
      it('refuses callers who are not signed in', async () => {
        expectRefusal(door, await call(), 'not_logged_in', 401);
      });
    }

    if (door.readsCredentials) {
      it('refuses a credential that cannot be read', async () => {
        expectRefusal(door, await call({ as: 'garbage' }), 'unacceptable_session_key', 401);
      });
    }

    if (door.takesBody) {
      it.each([
        ['no JSON', '{'],
        ['empty', ''],
        ['a list', '[]'],
        ['null', 'null'],
        ['a text', '"text"'],
        ['nested without end', `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
      ])('refuses a body that is %s', async (_, text) => {
        expectRefusal(door, await call({ text, as: await shown() }), 'unacceptable_request', 400);
      });

      it('refuses a body that is too large', async () => {
        const text = JSON.stringify({ filler: 'x'.repeat(maxBodyBytes) });
        expectRefusal(door, await call({ text, as: await shown() }), 'unacceptable_request', 413);
      });
    }

    for (const field of door.required) {
      it(`says that ${field} is missing`, async () => {
        const { [field]: _, ...rest } = door.sample();
        expectIssue(door, await call({ input: rest, as: await shown() }), field);
      });

      if (!door.takesBody || takesAnything(door.operation.input, field)) continue;
      it(`says that ${field} cannot be an object of any kind`, async () => {
        const input = { ...door.sample(), [field]: { unexpected: [] } };
        expectIssue(door, await call({ input, as: await shown() }), field);
      });
    }

    it.each(Object.entries(callers))('lets in %s only if its contract says so', async (_, caller) => {
      const world = open();
      const owner = await (isHarmless(caller) ? somebody(world) : world.signIn(newAddress()));
      const { as, role } = await caller(world, owner);
      const field = door.operation.access.own?.field;
      const input = { ...door.sample(), ...(field ? { [field]: owner.userId } : {}) };
      const answer = await door.call(world, { input, as });
      const refusal = door.readsCredentials ? expectedRefusal(door.operation, role) : undefined;
      if (refusal) return expectRefusal(door, answer, refusal, 401);
      expectLetIn(door, answer);
    });

    it('breaks nowhere', () => {
      expect(open().log.errors).toEqual([]);
    });
  });
}

interface Call {
  readonly input: Readonly<Record<string, unknown>>;
  /** Sent in place of the input. */
  readonly text?: string;
  readonly as?: string | undefined;
}

/** One way to call one operation. */
interface Door {
  readonly name: string;
  readonly operation: Operation;
  readonly family: string;
  readonly takesBody: boolean;
  readonly readsCredentials: boolean;
  /** Required fields that a caller can leave out; fields in the path are always there. */
  readonly required: readonly string[];
  sample(): Record<string, unknown>;
  call(world: World, call: Call): Promise<HttpReply>;
}

function doorsOf(name: string, operation: Operation): Door[] {
  const { http, procedure, input } = operation;
  const takesInput = !saysNothing(input);
  const shared = { operation, readsCredentials: true, sample: () => sampleInput(input) };
  const doors: Door[] = [];
  if (http) {
    const inPath = [...http.path.matchAll(/\{(\w+)\}/g)].map(([, variable = '']) => variable);
    doors.push({
      ...shared,
      name: `${name} at ${http.method} ${http.path}`,
      family: familyOf(http.path).name,
      takesBody: takesInput && !isInQuery(operation) && !isSaidByPath(operation),
      required: takesInput ? requiredFields(input).filter((field) => !inPath.includes(field)) : [],
      call(world, { input, text, as }) {
        const path = http.path.replace(/\{(\w+)\}/g, (_, variable) =>
          encodeURIComponent(String(input[variable] ?? 'x')),
        );
        const fields = Object.entries(input).filter(([field]) => !inPath.includes(field));
        const query = new URLSearchParams(
          fields.map(([field, value]): [string, string] => [field, String(value)]),
        ).toString();
        if (isInQuery(operation)) return world.http(http.method, query === '' ? path : `${path}?${query}`, { as });
        return world.http(http.method, path, { body: text ?? Object.fromEntries(fields), as });
      },
    });
  }
  if (procedure) {
    doors.push({
      ...shared,
      name: `${name} called as ${procedure.name}`,
      family: 'casualos',
      takesBody: takesInput,
      required: takesInput ? requiredFields(input) : [],
      call: (world, { input, text, as }) =>
        world.http('POST', '/api/v3/callProcedure', { body: text ?? { procedure: procedure.name, input }, as }),
    });
  }
  return doors;
}

/** Each family's own words for one refusal. */
function expectRefusal(door: Door, answer: HttpReply, code: Code, plainStatus: number): void {
  if (door.family === 'casualos') {
    expect(answer.body).toMatchObject({ success: false, errorCode: code, errorMessage: expect.any(String) });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    return;
  }
  // These clients recognize a value that is too large by its code.
  const isValue = plainStatus === 413 && door.operation.errors.includes('value_too_large');
  const told = isValue ? { code: 'VALUE_TOO_LARGE' } : {};
  expect([answer.status, answer.body]).toEqual([plainStatus, { error: expect.any(String), ...told }]);
}

function expectIssue(door: Door, answer: HttpReply, field: string): void {
  expectRefusal(door, answer, 'unacceptable_request', 400);
  if (door.family !== 'casualos') return;
  const issues: readonly { path: unknown[]; code: unknown }[] = answer.body.issues;
  expect(issues.map(({ path, code }) => [path[0], typeof code])).toContainEqual([field, 'string']);
}

/** The operation's own further answers. */
function expectLetIn({ family, operation }: Door, { status, body }: HttpReply): void {
  // What a setting switches off is let in, and told so.
  if (body?.errorCode === 'not_supported') {
    expect(operation.errors).toContain('not_supported');
    return;
  }
  expect(status).toBeLessThan(500);
  if (family !== 'casualos') {
    // The one operation whose clients get this answer for what does not exist.
    if (body?.error !== 'Instance not found or access denied') expect([401, 403]).not.toContain(status);
    return;
  }
  const refusals = [
    'not_logged_in',
    'session_expired',
    ...(operation.access.own ? [operation.access.own.refusal] : []),
  ];
  expect(refusals).not.toContain(body.errorCode);
}

type RoleOfCaller = keyof typeof credentialRefusals | 'anonymous' | 'stranger' | 'owner' | 'superUser';

const credentialRefusals = {
  unknown: 'invalid_key',
  expired: 'session_expired',
  revoked: 'invalid_key',
} as const satisfies Record<string, Code>;

/** All kinds of callers, and the credentials they show. */
const callers = {
  nobody: async () => ({ role: 'anonymous' as const, as: undefined }),
  'a forged key': async (_: World, owner: SignedIn) => {
    const [version, user, session, , expiry] = owner.sessionKey.split('.');
    return { role: 'unknown' as const, as: [version, user, session, 'Zm9yZ2Vk', expiry].join('.') };
  },
  'an expired session': async (world: World, owner: SignedIn) => {
    world.clock.advance(14 * 24 * 60 * 60_000);
    return { role: 'expired' as const, as: owner.sessionKey };
  },
  'a revoked session': async (world: World, owner: SignedIn) => {
    await world.http('POST', '/api/v2/logout', { as: owner.sessionKey });
    return { role: 'revoked' as const, as: owner.sessionKey };
  },
  'somebody else': async (world: World) => ({
    role: 'stranger' as const,
    as: (await world.signIn(newAddress())).sessionKey,
  }),
  'whom it is about': async (_: World, owner: SignedIn) => ({ role: 'owner' as const, as: owner.sessionKey }),
  'a super user': async (world: World) => {
    world.clock.advance(10 * 60_000);
    return { role: 'superUser' as const, as: (await world.signIn(superUserAddress)).sessionKey };
  },
} satisfies Record<string, (world: World, owner: SignedIn) => Promise<{ role: RoleOfCaller; as: string | undefined }>>;

/** These do nothing as the one whom it is about. */
const isHarmless = (caller: (typeof callers)[keyof typeof callers]) =>
  caller === callers.nobody || caller === callers['a forged key'];

/** The world must list this one as a super user. */
export const superUserAddress = 'super-user@example.com';

function expectedRefusal({ access }: Operation, role: RoleOfCaller): Code | undefined {
  switch (role) {
    case 'anonymous':
      return access.caller === 'anyone' ? undefined : 'not_logged_in';
    case 'unknown':
    case 'expired':
    case 'revoked':
      return credentialRefusals[role];
    case 'stranger':
      return access.own?.refusal;
    case 'superUser':
      return access.own && !access.own.roles.includes('superUser') ? access.own.refusal : undefined;
    case 'owner':
      return undefined;
  }
}

/** A signed-in user of each world, for calls that change nothing. */
const known = new WeakMap<World, { readonly person: SignedIn; readonly since: number }>();

async function somebody(world: World): Promise<SignedIn> {
  const now = world.clock.now();
  const { person, since } = known.get(world) ?? {};
  if (person && since !== undefined && now - since < 24 * 60 * 60_000) return person;
  const next = await world.signIn(newAddress());
  known.set(world, { person: next, since: now });
  return next;
}

let count = 0;
const newAddress = () => `caller-${++count}@example.com`;
