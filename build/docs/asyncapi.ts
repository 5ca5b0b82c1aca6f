import type { SocketBinding } from '../../functions/core/contract.ts';
import { dialects } from '../../functions/wire/dialects.ts';
import { dialectNotes } from './dialects.ts';
import { heardFrames, keyOf, type Message, refusalFrame, sentFrames } from './frames.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Registry } from './operations.ts';

/** All frames of sockets, as an AsyncAPI 3 document: a channel per dialect. `receive` is what the server receives. */
export function asyncApi(registry: Registry, version: string): JsonSchema {
  const spoken = dialects
    .map(({ name }) => name)
    .filter(isDescribed)
    .sort();
  const parts = spoken.map((dialect) => describe(registry, dialect));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Chorus over WebSocket',
      version,
      description:
        'One serverless backend for multiplayer and collaborative apps. Text frames only, of at most 128 KB.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: { local: { host: 'localhost:4000', protocol: 'ws', description: 'npm start' } },
    channels: Object.fromEntries(parts.map(({ dialect, channel }) => [dialect, channel])),
    operations: Object.assign({}, ...parts.map(({ operations }) => operations)),
    components: { messages: Object.assign({}, ...parts.map(({ messages }) => messages)) },
  };
}

function isDescribed(name: string): name is SocketBinding['dialect'] {
  return name in dialectNotes;
}

function describe(registry: Registry, dialect: SocketBinding['dialect']) {
  const heard = heardFrames(registry, dialect);
  const sent = [...sentFrames(registry, dialect), refusalFrame(dialect)];
  const { path, description } = dialectNotes[dialect];
  const messages = [...heard, ...sent];
  return {
    dialect,
    channel: {
      address: path,
      description,
      messages: Object.fromEntries(
        messages.map((message) => [keyOf(message), { $ref: `#/components/messages/${dialect}.${keyOf(message)}` }]),
      ),
      bindings: { ws: { query: credentials, bindingVersion: '0.1.0' } },
    },
    operations: named(dialect, messages, (message) => operation(dialect, message, sent)),
    messages: named(dialect, messages, ({ type, summary, payload }) => ({ name: type, summary, payload })),
  };
}

function named(dialect: string, messages: readonly Message[], describe: (message: Message) => JsonSchema): JsonSchema {
  return Object.fromEntries(messages.map((message) => [`${dialect}.${keyOf(message)}`, describe(message)]));
}

function operation(dialect: string, message: Message, sent: readonly Message[]): JsonSchema {
  const channel = { $ref: `#/channels/${dialect}` };
  const inChannel = (one: Message) => ({ $ref: `#/channels/${dialect}/messages/${keyOf(one)}` });
  const reply = sent.find(({ type }) => type === message.reply);
  return {
    action: message.action,
    channel,
    summary: message.summary,
    ...(message.description === undefined ? {} : { description: message.description }),
    messages: [inChannel(message)],
    ...(reply ? { reply: { channel, messages: [inChannel(reply)] } } : {}),
  };
}

/** The credentials that a browser can send at the upgrade, where it cannot set a header. */
const credentials = {
  type: 'object',
  properties: Object.fromEntries(
    ['access_token', 'apiKey', 'token'].map((name) => [
      name,
      { type: 'string', description: 'A credential; the header `Authorization: Bearer …` does as well.' },
    ]),
  ),
} as const;
