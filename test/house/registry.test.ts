import { describe, expect, it } from '@jest/globals';
import * as z from 'zod/mini';
import { ai } from '../../functions/ai/ai.ts';
import { capabilities } from '../../functions/capabilities.ts';
import { socketDoor } from '../../functions/connections/operations.ts';
import type { Contract, Operation, SocketBinding } from '../../functions/core/contract.ts';
import type { Bound } from '../../functions/core/implement.ts';
import { documents } from '../../functions/documents/documents.ts';
import { files } from '../../functions/files/files.ts';
import { instanceCapabilities } from '../../functions/instances/capabilities.ts';
import { passkeys } from '../../functions/passkeys/passkeys.ts';
import { protocol } from '../../functions/protocol.ts';
import { storeDoor } from '../../functions/store-frames/door.ts';
import { dialects } from '../../functions/wire/dialects.ts';
import { bundles } from '../../lib/bundles.ts';
import { directTypes, orderedTypes } from '../../lib/routes.ts';

/** What the contracts list is served, all of it and nothing twice. */

const contracts: readonly (readonly [string, Contract])[] = Object.entries(protocol);
const operations: readonly (readonly [string, Operation])[] = contracts.flatMap(([capability, contract]) =>
  Object.entries(contract.operations).map(([name, operation]) => [`${capability}.${name}`, operation] as const),
);

function twice(names: readonly string[]): string[] {
  return names.filter((name, at) => names.indexOf(name) !== at);
}

describe('every operation', () => {
  it('can be called some way', () => {
    const unreachable = operations.filter(([, { http, procedure, socket }]) => !http && !procedure && !socket);
    expect(unreachable.map(([name]) => name)).toEqual([]);
  });

  it('over HTTP or by name is fulfilled by the function it lives in', () => {
    const namesOf = (served: readonly Bound[]) => new Set(served.map(({ name }) => name));
    const served = {
      http: namesOf(capabilities.flat()),
      passkeys: namesOf(passkeys),
      files: namesOf(files),
      documents: namesOf(documents),
      instances: namesOf(instanceCapabilities.flat()),
      ai: namesOf(ai),
    };
    const overHttp = operations.filter(([, { http, procedure }]) => http ?? procedure);
    const unserved = overHttp.filter(([name, { runsIn }]) => !served[runsIn ?? 'http'].has(name));
    expect(unserved.map(([name]) => name)).toEqual([]);
    const homeless = overHttp.filter(([, { runsIn = 'http' }]) => !(runsIn in bundles));
    expect(homeless.map(([name, { runsIn }]) => `${name} in ${runsIn}`)).toEqual([]);
  });

  it('over a socket is found by its type, in a dialect that somebody speaks', () => {
    const spoken = dialects.map(({ name }) => name);
    const lost = operations.filter(
      ([name, { socket }]) =>
        socket && !(spoken.includes(socket.dialect) && doorOf(socket).find(socket.dialect, socket.type)?.name === name),
    );
    expect(lost.map(([name]) => name)).toEqual([]);
  });

  it('over a socket in a function of its own has a route there, whose type is no other function’s', () => {
    const sockets = operations.flatMap(([, { socket }]) => socket ?? []);
    const inStore = new Set(sockets.filter(({ runsIn }) => runsIn === 'store').map(({ type }) => type));
    expect(directTypes('store')).toEqual([...inStore].sort());
    expect(sockets.filter(({ runsIn, type }) => runsIn === undefined && inStore.has(type))).toEqual([]);
    expect(orderedTypes().filter((type) => inStore.has(type))).toEqual([]);
  });

  it('has an address of its own', () => {
    const addresses = operations.flatMap(([, { http, procedure, socket }]) => [
      ...(http ? [`${http.method} ${http.path.replaceAll(/\{[^}]*\}/g, '{}')}`] : []),
      ...(procedure ? [`procedure ${procedure.name}`] : []),
      ...(socket ? [`${socket.dialect} ${socket.type}`] : []),
    ]);
    expect(twice(addresses)).toEqual([]);
  });

  it('is answered by a frame that its contract announces', () => {
    const pushes = new Set(contracts.flatMap(([, contract]) => Object.values(contract.pushes).map(({ type }) => type)));
    const silent = operations.filter(([, { socket, output }]) => {
      if (socket?.reply === undefined || pushes.has(socket.reply)) return false;
      // Or the answer is what the operation gives back, and says of what type it is.
      const shape = z.toJSONSchema(output, { io: 'input', unrepresentable: 'any' });
      const type = shape.properties?.type;
      return !(typeof type === 'object' && type.const === socket.reply);
    });
    expect(silent.map(([name]) => name)).toEqual([]);
  });
});

const doorOf = ({ runsIn }: SocketBinding) => (runsIn === 'store' ? storeDoor : socketDoor);

describe('the lane', () => {
  it('takes the types that contracts call ordered, in all dialects or in none', () => {
    const sockets = operations.flatMap(([, { socket }]) => socket ?? []);
    const ordered = sockets.filter((socket) => socket.ordered === true).map(({ type }) => type);
    expect(orderedTypes()).toEqual([...new Set(ordered)].sort());
    const unordered = sockets.filter((socket) => socket.ordered !== true).map(({ type }) => type);
    expect(unordered.filter((type) => ordered.includes(type))).toEqual([]);
  });
});
