import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import { type RunningChorus, startChorus } from './chorus.ts';
import { FolderInUse } from './folder-lock.ts';

/**
 * The command line of `npm start`: reads flags and environment, starts Chorus, and stops it cleanly on Ctrl-C or
 * SIGTERM.
 */

const root = path.join(import.meta.dirname, '..');

const help = `npm start -- [--fresh] [--data=folder] [--chaos[=seed]] [--port=4000]

  --fresh    keep nothing: data lives as long as the process
  --data     where data is kept; without it .chorus
  --chaos    delays, duplicates, reordering and handlers that die; the same seed makes the same trouble
  --port     where to listen (or PORT in the environment or .env)

Settings are read from .env and the environment.`;

const { values } = parseArgs({
  options: {
    fresh: { type: 'boolean' },
    data: { type: 'string' },
    chaos: { type: 'string' },
    port: { type: 'string' },
    help: { type: 'boolean' },
  },
  // Without a value it gets a random seed.
  args: process.argv
    .slice(2)
    .map((argument) => (argument === '--chaos' ? `--chaos=${Date.now() % 100_000}` : argument)),
});

if (values.help) console.log(help);
else await start();

async function start(): Promise<void> {
  const startedAt = performance.now();
  const env = { ...readDotEnv(), ...process.env } as Record<string, string>; // an environment has no undefined values
  const port = Number(values.port ?? (env.PORT || 4000));
  let running: RunningChorus | undefined;
  endOnSignals(() => running);
  try {
    running = await startChorus({
      port,
      env,
      watch: true,
      ...(values.fresh === true ? { fresh: true } : {}),
      ...(values.data === undefined ? {} : { dataDir: path.resolve(values.data) }),
      ...(values.chaos === undefined ? {} : { chaos: values.chaos }),
      progress: (line) => console.log(`  ${line} ...`),
    });
  } catch (error) {
    console.error(explain(error, port));
    process.exit(1);
  }
  console.log(welcome(running.url, performance.now() - startedAt));
}

function readDotEnv(): NodeJS.Dict<string> {
  const file = path.join(root, '.env');
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
}

/** The first signal stops Chorus cleanly, the second one at once. */
function endOnSignals(running: () => RunningChorus | undefined): void {
  let ending = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const chorus = running();
      if (ending || chorus === undefined) process.exit(130);
      ending = true;
      console.log('\nStopping ...');
      void end(chorus, signal);
    });
  }
}

async function end(chorus: RunningChorus, signal: NodeJS.Signals): Promise<void> {
  try {
    // Another program stops the process while clients are connected, so the schedule announces it to them.
    if (signal === 'SIGTERM') await chorus.runJob('announce-shutdown');
    await chorus.stop();
    process.exit(0);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}

function explain(error: unknown, port: number): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') {
    return `Port ${port} is taken. Is Chorus running already? Otherwise: npm start -- --port=${port + 1}`;
  }
  if (error instanceof FolderInUse) {
    return `${error.message} Stop that one, or keep other data: npm start -- --data=folder, or --fresh to keep nothing.`;
  }
  return `Chorus could not start.\n${error.stack}`;
}

function welcome(url: string, elapsedMs: number): string {
  const sockets = `${url.replace('http', 'ws')}/live`;
  const trouble =
    values.chaos === undefined
      ? ''
      : `\n  Chaos is on: npm start -- --chaos=${values.chaos} makes the same trouble again.`;
  const data = values.fresh
    ? 'Nothing is kept.'
    : `Data is kept in ${values.data ?? '.chorus'}/; --fresh keeps nothing.`;
  return `
Chorus is ready at ${url} (${(elapsedMs / 1000).toFixed(1)} s)

  In a browser:    open ${url} in two tabs
  In a terminal:   npx wscat -c ${sockets}
  then paste       {"type":"join_room","payload":{"roomId":"lobby","name":"Ada"}}
                   {"type":"send_chat","payload":{"message":"Hello!"}}
  and the same in a second terminal.

  Mail and text messages that would be sent: ${url}/local/outbox?address=ada@example.com
  ${data} Ctrl-C stops.${trouble}
`;
}
