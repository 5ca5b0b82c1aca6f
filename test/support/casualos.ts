import type { Ports } from '../../functions/core/ports.ts';
import type { Settings } from '../../functions/core/settings.ts';
import { connectionToken, type TokenFor } from './connection-token.ts';
import { rememberingFunctions } from './functions.ts';
import { httpOver } from './http.ts';
import { livePorts } from './live-ports.ts';
import { rememberingBlobs, rememberingFanOut, rememberingOutbox } from './remembering-ports.ts';
import { type Client, socketWorld } from './sockets.ts';
import { type SignedIn, signIn } from './world.ts';

/** Events as a client reads them. */
// A test reads what it expects; a wrong guess fails the test.
// biome-ignore lint/suspicious/noExplicitAny: any shape may come in
type Events = any;

/** A world for tests of CasualOS's sockets: over fresh tables, with accounts and a store for big messages. */
export async function casualosWorld(settings: Partial<Settings> = {}) {
  const { ports: base, errors, advance } = await livePorts(settings);
  const outbox = rememberingOutbox();
  const blobs = rememberingBlobs();
  /** Jobs of HTTP requests, which never run. */
  const jobs = rememberingFanOut();
  const ports: Ports = Object.create(base, {
    outbox: { value: outbox },
    blobs: { value: blobs },
    functions: { get: () => rememberingFunctions(() => ports) },
    fanOut: { value: jobs },
  });
  const world = socketWorld(ports);
  const http = httpOver(ports);
  let count = 0;

  const open = (
    headers: Readonly<Record<string, string>> = { 'Sec-WebSocket-Protocol': 'casualos.records' },
    path = '/',
  ) => world.connect({ path, headers: { ...headers } });

  /** Sends an event and waits until it is processed. @returns what the client has received meanwhile */
  async function ask(client: Client, event: unknown): Promise<Events> {
    const before = client.texts.length;
    await world.direct(client, typeof event === 'string' ? event : JSON.stringify(event));
    return client.texts.slice(before).map((text) => JSON.parse(text));
  }

  /** Sends a message. @returns the messages received, errors unchanged */
  async function tell(client: Client, message: object): Promise<Events> {
    const events = await ask(client, [1, ++count, message]);
    return events.map((event: Events) => (event[0] === 1 ? event[2] : event));
  }

  return {
    ...world,
    blobs,
    jobs,
    outbox,
    errors,
    advance,
    http,
    open,
    ask,
    tell,
    /** A user who has signed in over HTTP. */
    person: (): Promise<SignedIn> => signIn(http, outbox, `person-${++count}@example.com`),
    /** A socket that has logged in, as a user or anonymously. */
    async loggedIn(person?: SignedIn, what: Partial<TokenFor> = {}): Promise<Client> {
      const client = await open();
      const connectionId = what.connectionId ?? `client-${++count}`;
      const login = person
        ? { connectionToken: connectionToken(person.connectionKey, { ...what, connectionId }) }
        : { connectionId };
      const [result] = await tell(client, { type: 'login', ...login });
      if (result?.success !== true) throw new Error(`Logging in failed: ${JSON.stringify(result)}`);
      client.take();
      return client;
    },
  };
}
