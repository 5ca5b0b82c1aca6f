import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Contract } from '../../functions/core/contract.ts';
import { type Code, errors, Failure } from '../../functions/core/errors.ts';
import { dialects } from '../../functions/wire/dialects.ts';
import { families } from '../../functions/wire/families.ts';
import type { Registry } from './operations.ts';

/**
 * A short hash of everything that clients rely on: the shapes of a capability, the frames of a dialect, the answers of
 * a family. It covers names, types, bounds, addresses, permissions and errors, but not descriptions.
 */
export function fingerprint(registry: Registry): Readonly<Record<string, string>> {
  const contracts = Object.entries(registry).map(([name, contract]) => [
    `capability ${name}`,
    capabilityShape(contract),
  ]);
  const frames = dialects.map((dialect) => [
    `dialect ${dialect.name}`,
    {
      frames: framesOf(Object.values(registry), dialect.name),
      refusals: everyCode((failure) => dialect.refuse(failure, undefined)),
    },
  ]);
  const answers = families.map((family) => [
    `family ${family.name}`,
    { success: family.succeed({}), refusals: everyCode((failure) => family.refuse(failure)) },
  ]);
  const all: [string, unknown][] = Object.entries(Object.fromEntries([...contracts, ...frames, ...answers]));
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, shape]) => [name, hash(shape)]));
}

function capabilityShape({ operations, pushes }: Contract): unknown {
  const told = Object.entries(operations).map(([name, { summary: _, input, output, errors: codes, ...rest }]) => [
    name,
    { ...rest, errors: [...new Set(codes)].sort(), input: shape(input), output: shape(output) },
  ]);
  const said = Object.entries(pushes).map(([name, { summary: _, payload, ...rest }]) => [
    name,
    { ...rest, payload: shape(payload) },
  ]);
  return { operations: Object.fromEntries(told), pushes: Object.fromEntries(said) };
}

/** All frames of a dialect by type, of all capabilities. */
function framesOf(contracts: readonly Contract[], dialect: string): unknown {
  const heard = contracts
    .flatMap(({ operations }) => Object.values(operations))
    .flatMap(({ socket, input }) => (socket?.dialect === dialect ? [[socket.type, shape(input)]] : []));
  const sent = contracts
    .flatMap(({ pushes }) => Object.values(pushes))
    .flatMap((push) => (push.dialect === dialect ? [[push.type, shape(push.payload)]] : []));
  return { heard: Object.fromEntries(heard), sent: Object.fromEntries(sent) };
}

function everyCode(spell: (failure: Failure) => unknown): unknown {
  const codes = Object.keys(errors) as Code[]; // the catalogue has no other keys
  return Object.fromEntries(codes.map((code) => [code, spell(new Failure(code, ''))]));
}

function shape(schema: z.core.$ZodType): unknown {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override({ jsonSchema }) {
      delete jsonSchema.description;
    },
  });
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, byName)).digest('hex').slice(0, 16);
}

/** Sorts the keys of objects, so that moving a field changes nothing. */
function byName(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
