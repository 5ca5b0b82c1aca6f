import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { ProcedureDefinition } from '../core/procedure-definition.ts';
import { procedureIssues } from './check.ts';
import { proceduresContract } from './contract.ts';
import { run } from './run.ts';
import { addProcedure, allProcedures, readProcedure, removeProcedure, replaceProcedure } from './store.ts';

/** Every call reads the registered procedure again, so that a change takes effect everywhere at once. */
export const procedures = implement('procedures', proceduresContract, {
  async register(ports, _, { procedure }) {
    const definition = acceptable(procedure);
    const { name } = definition;
    if (await addProcedure(ports, definition)) return { name, registered: true as const };
    throw new Failure('already_exists', `There is a procedure ${JSON.stringify(name)} already.`);
  },

  async unregister(ports, _, { name }) {
    if (await removeProcedure(ports, name)) return { name, unregistered: true as const };
    throw unknown(name);
  },

  async update(ports, _, { name, updates }) {
    const isThere = await replaceProcedure(ports, name, (before) => acceptable({ ...before, ...updates, name }));
    if (isThere) return { name, updated: true as const };
    throw unknown(name);
  },

  async get(ports, _, { name }) {
    const definition = await readProcedure(ports, name);
    if (definition) return { ...definition };
    throw unknown(name);
  },

  async list(ports) {
    const definitions = await allProcedures(ports);
    return {
      procedures: definitions.map(({ name, description, steps }) => ({
        name,
        ...(description === undefined ? {} : { description }),
        stepsCount: steps.length,
      })),
    };
  },

  async call(ports, caller, { name, input }) {
    const definition = await readProcedure(ports, name);
    if (!definition) throw unknown(name);
    return run(ports, caller, definition, input ?? {});
  },
});

/** @throws Failure `unacceptable_procedure` with all errors */
function acceptable(raw: unknown): ProcedureDefinition {
  const issues = procedureIssues(raw);
  if (issues.length === 0) return raw as ProcedureDefinition; // no issues: it is one
  throw new Failure('unacceptable_procedure', `The procedure cannot work: ${issues.join('; ')}`, { issues });
}

function unknown(name: string): Failure {
  return new Failure('not_found', `There is no procedure ${JSON.stringify(name.slice(0, 200))}.`);
}
