import { gzipSync } from 'node:zlib';
import type { ImageWork } from '../../functions/ai/generate-image.ts';
import { capabilities } from '../../functions/capabilities.ts';
import type { Operation } from '../../functions/core/contract.ts';
import type { Callee } from '../../functions/core/env.ts';
import type { Functions, Ports } from '../../functions/core/ports.ts';
import type { StartedJob } from '../../functions/documents/jobs.ts';
import { makeHandler } from '../../functions/http/door.ts';
import { elsewhere } from '../../functions/http/elsewhere.ts';

/** The page at `/` in tests; the bundler makes the real one. */
export const page = '<!doctype html><title>Chorus</title><script>alert(1)</script>';

type Made = ReturnType<typeof makeHandler>;
type Handler = (...given: Parameters<Made>) => Promise<Awaited<ReturnType<Made>>>;

/** A function that is loaded when it is first called, as on Lambda: most tests call one or two, and some are large. */
function cold(load: () => Promise<Made>): Handler {
  let loaded: Promise<Made> | undefined;
  return async (...given) => {
    loaded ??= load();
    return (await loaded)(...given);
  };
}

/** Every function behind the HTTP API over these ports, by the name that contracts give it. */
export function handlersOver(ports: () => Ports): Readonly<Record<Callee, Handler>> {
  return {
    http: makeHandler(ports, capabilities.flat(), { elsewhere, page: gzipSync(page).toString('base64') }),
    passkeys: cold(async () => makeHandler(ports, (await import('../../functions/passkeys/passkeys.ts')).passkeys)),
    files: cold(async () => makeHandler(ports, (await import('../../functions/files/files.ts')).files)),
    documents: cold(async () => makeHandler(ports, (await import('../../functions/documents/documents.ts')).documents)),
    instances: cold(async () => {
      const { instanceCapabilities } = await import('../../functions/instances/capabilities.ts');
      return makeHandler(ports, instanceCapabilities.flat());
    }),
    ai: cold(async () => makeHandler(ports, (await import('../../functions/ai/ai.ts')).ai)),
  };
}

interface ExactRoute {
  readonly runsIn: Callee;
  readonly routeKey: string;
  readonly pathParameters?: Readonly<Record<string, string>>;
}

/** The function that has this method and path as a route of its own, chosen as HTTP APIs do: literals before variables. */
export function exactRouteOf(method: string, path: string): ExactRoute | undefined {
  const segments = (path.split('?', 1)[0] ?? '').split('/');
  const fitting = elsewhere.filter(({ operation }) => fits(operation, method, segments));
  const found = fitting.sort((a, b) => variablesIn(a.operation) - variablesIn(b.operation))[0];
  const { http } = found?.operation ?? {};
  if (!found || !http) return undefined;
  const named = http.path.split('/').flatMap((part, at): [string, string][] => {
    return part.startsWith('{') ? [[part.slice(1, -1), decodeURIComponent(segments[at] ?? '')]] : [];
  });
  const pathParameters = named.length > 0 ? { pathParameters: Object.fromEntries(named) } : {};
  return { runsIn: found.runsIn, routeKey: `${method} ${http.path}`, ...pathParameters };
}

function fits({ http }: Operation, method: string, segments: readonly string[]): boolean {
  const parts = http?.path.split('/') ?? [];
  const isFitting = (part: string, at: number) => (part.startsWith('{') ? segments[at] !== '' : part === segments[at]);
  return http?.method === method && parts.length === segments.length && parts.every(isFitting);
}

const variablesIn = ({ http }: Operation): number => http?.path.split('{').length ?? 0;

/** Runs a job that `documents` was started with. */
const work = async (ports: Ports, job: StartedJob) =>
  (await import('../../functions/documents/jobs.ts')).work(ports, job);

/** Runs a job that `images` was started with. */
const finishImage = async (ports: Ports, image: ImageWork) =>
  (await import('../../functions/ai/generate-image.ts')).finishImage(ports, image);

/**
 * Functions that really run, and a record of their events. Started jobs, for which no caller waits, run in `workOff`.
 */
export function rememberingFunctions(ports: () => Ports): Functions & {
  readonly invoked: [Callee, object][];
  readonly started: (StartedJob | ImageWork)[];
  workOff(): Promise<void>;
} {
  const handlers = handlersOver(ports);
  const invoked: [Callee, object][] = [];
  const started: (StartedJob | ImageWork)[] = [];
  return {
    invoked,
    started,
    async start(callee, event) {
      if (callee !== 'documents' && callee !== 'images') throw new Error(`${callee} has no jobs.`);
      started.push(JSON.parse(JSON.stringify(event)));
    },
    async workOff() {
      for (const event of started.splice(0)) {
        await ('job' in event ? work(ports(), event) : finishImage(ports(), event));
      }
    },
    async invoke(callee, event) {
      invoked.push([callee, event]);
      // Over Lambda's API an event is text, and so is the answer.
      const handed = JSON.parse(JSON.stringify(event));
      if (callee === 'documents' && 'job' in handed) return void (await work(ports(), handed));
      return JSON.parse(JSON.stringify(await handlers[callee](handed, {} as Parameters<Handler>[1])));
    },
  };
}
