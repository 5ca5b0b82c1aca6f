import { gzipSync } from 'node:zlib';
import { capabilities } from '../../functions/capabilities.ts';
import type { Operation } from '../../functions/core/contract.ts';
import type { Callee } from '../../functions/core/env.ts';
import type { Functions, Ports } from '../../functions/core/ports.ts';
import { documents } from '../../functions/documents/documents.ts';
import type { StartedJob } from '../../functions/documents/jobs.ts';
import { work } from '../../functions/documents/jobs.ts';
import { files } from '../../functions/files/files.ts';
import { makeHandler } from '../../functions/http/door.ts';
import { elsewhere } from '../../functions/http/elsewhere.ts';
import { passkeys } from '../../functions/passkeys/passkeys.ts';

/** What people see at `/` in tests; the real one is made by the bundler. */
export const page = '<!doctype html><title>Chorus</title><script>alert(1)</script>';

type Handler = ReturnType<typeof makeHandler>;

/** Every function behind the HTTP API over these ports, by the name that contracts give it. */
export function handlersOver(ports: () => Ports): Readonly<Record<Callee, Handler>> {
  return {
    http: makeHandler(ports, capabilities.flat(), { elsewhere, page: gzipSync(page).toString('base64') }),
    passkeys: makeHandler(ports, passkeys),
    files: makeHandler(ports, files),
    documents: makeHandler(ports, documents),
  };
}

/** The function that has this method and path as a route of its own. */
export function exactRouteOf(method: string, path: string): { runsIn: Callee; routeKey: string } | undefined {
  const isThis = ({ http }: Operation) => http?.method === method && http.path === path.split('?', 1)[0];
  const found = elsewhere.find(({ operation }) => isThis(operation));
  return found && { runsIn: found.runsIn, routeKey: `${method} ${found.operation.http?.path}` };
}

/** Functions that really run, and what they were given; what nobody waits for runs when it is worked off. */
export function rememberingFunctions(ports: () => Ports): Functions & {
  readonly invoked: [Callee, object][];
  readonly started: StartedJob[];
  workOff(): Promise<void>;
} {
  const handlers = handlersOver(ports);
  const invoked: [Callee, object][] = [];
  const started: StartedJob[] = [];
  return {
    invoked,
    started,
    async start(callee, event) {
      if (callee !== 'documents') throw new Error(`${callee} has no jobs.`);
      started.push(JSON.parse(JSON.stringify(event)));
    },
    async workOff() {
      for (const event of started.splice(0)) await work(ports(), event);
    },
    async invoke(callee, event) {
      invoked.push([callee, event]);
      // Over Lambda's API an event is text, and so is the answer.
      const handed = JSON.parse(JSON.stringify(event));
      return JSON.parse(JSON.stringify(await handlers[callee](handed, {} as Parameters<Handler>[1])));
    },
  };
}
