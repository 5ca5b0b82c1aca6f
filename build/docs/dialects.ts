import type { SocketBinding } from '../../functions/core/contract.ts';
import type { JsonSchema } from './json-schema.ts';

/**
 * What the documents say about a dialect beyond its messages. A new dialect does not compile until it is described
 * here.
 */
export interface DialectNotes {
  /** The path where its clients connect. */
  readonly path: `/${string}`;
  readonly description: string;
  /** A whole frame around a payload. */
  frame(type: string, payload: JsonSchema, isPayloadNeeded: boolean): JsonSchema;
  /** The position of the payload in the frame. */
  readonly payloadAt: string;
  /** A whole frame that refuses with one of these codes. */
  refusal(codes: readonly string[]): JsonSchema;
  /** The code in a refusal of the dialect; undefined if the frame is of another type. */
  codeOf(frame: unknown): string | undefined;
}

/** Frames that consist of the payload and a type beside it. */
const typed = {
  frame: (type, payload) => ({
    allOf: [payload, { type: 'object', properties: { type: { const: type } }, required: ['type'] }],
  }),
  payloadAt: 'allOf/0',
} satisfies Partial<DialectNotes>;

/** Refusals `{type: 'error', payload: {code, message}}`. */
const refusedInPayload = {
  refusal: (codes) => ({
    type: 'object',
    properties: {
      type: { const: 'error' },
      payload: {
        type: 'object',
        properties: { code: { enum: codes }, message: { type: 'string' } },
        required: ['code', 'message'],
      },
    },
    required: ['type', 'payload'],
  }),
  codeOf: (frame) => (frame as { payload: { code: string } }).payload.code,
} satisfies Partial<DialectNotes>;

export const dialectNotes = {
  openlivesync: {
    path: '/live',
    description:
      'JSON text frames {type, payload}, without ids or acknowledgements. One room per socket at a time; frames outside a room are ignored. Paths that belong to no other protocol speak this one too.',
    frame: (type, payload, isPayloadNeeded) => ({
      type: 'object',
      properties: { type: { const: type }, payload },
      required: ['type', ...(isPayloadNeeded ? ['payload'] : [])],
    }),
    payloadAt: 'properties/payload',
    ...refusedInPayload,
  },
  casualos: {
    path: '/api/v2/websocket',
    description:
      'JSON text frames that are arrays: [1, id, message] both ways, [5, id, error] from the server. A message too big for a frame: the client sends [2, id], is answered [3, id, url, "PUT", {}], PUTs the message there as JSON with the headers Content-Type: application/json and x-amz-acl: bucket-owner-full-control, and sends [4, id, url, "GET", {}], with or without the query of the URL; the server sends [4, -1, url, "GET", {}] for a message to be fetched there. Log in first: what needs a login and comes without closes the socket. Chosen by the subprotocol casualos.records or by the path; on paths that belong to no protocol, every frame that is an array.',
    frame: (type, payload) => ({
      type: 'array',
      items: [
        { const: 1 },
        { type: 'integer', description: 'Counted up by the client; 0 from the server.' },
        { allOf: [payload, { type: 'object', properties: { type: { const: type } }, required: ['type'] }] },
      ],
    }),
    payloadAt: 'items/2/allOf/0',
    refusal: (codes) => ({
      type: 'array',
      items: [
        { const: 5 },
        {
          type: ['integer', 'null'],
          description: 'Of the event it answers; -1 of a message about a branch; null of what could not be read.',
        },
        {
          type: 'object',
          properties: {
            success: { const: false },
            errorCode: { enum: codes },
            errorMessage: { type: 'string' },
            recordName: { type: ['string', 'null'], description: 'As the message had it; so have inst and branch.' },
            inst: { type: ['string', 'null'] },
            branch: { type: ['string', 'null'] },
          },
          required: ['success', 'errorCode', 'errorMessage'],
        },
      ],
    }),
    codeOf: (frame) => (frame as [5, null, { errorCode: string }] | [1, 0, { errorCode?: never }])[2].errorCode,
  },
  noex: {
    path: '/',
    description:
      'JSON text frames: requests {id, type, …fields}, each answered once by result or error with its id. Requests are worked on side by side, and answered in any order. The server speaks first: welcome. Paths that belong to no other protocol understand requests with an id, too.',
    ...typed,
    refusal: (codes) => ({
      type: 'object',
      properties: {
        id: { type: 'number', description: 'Of the request that it answers; 0 where none could be told.' },
        type: { const: 'error' },
        code: { enum: codes },
        message: { type: 'string' },
        details: { description: 'What a program may go by; absent where there is none.' },
      },
      required: ['id', 'type', 'code', 'message'],
    }),
    codeOf: (frame) => (frame as { code: string }).code,
  },
  mindcache: {
    path: '/sync/{instance}',
    description:
      'JSON text frames {type, ...}, without ids or acknowledgements. A socket is one instance\'s, which its path names. It is opened with ?token= (of POST /api/ws-token), ?apiKey=, ?access_token= or an Authorization header, and the server speaks first: auth_success, then sync in one frame or more; without any of them only auth and ping work, and it is closed after ten seconds. Everybody connected, the sender included, hears of every change; frames are to be applied as they come. A refusal goes to its sender only, and a set or delete that was refused a minute ago or less is not answered again. Who sends a yjs edits the instance as a Yjs document from there on, and hears yjs instead: in base64 sync messages of y-protocols without a type before them. One with an id is answered by saved, or by an error with that id; {type: "yjs", url, id} stands for a frame that was put where upload said.',
    ...typed,
    refusal: (codes) => ({
      type: 'object',
      properties: {
        type: { const: 'error' },
        error: { type: 'string' },
        code: { enum: codes },
        key: { type: 'string', description: 'That it is about, where there is one.' },
      },
      required: ['type', 'error', 'code'],
    }),
    codeOf: (frame) => (frame as { code: string }).code,
  },
  yjs: {
    path: '/yjs/{record}/{inst}/{branch}',
    description:
      'JSON text frames around the messages of the Yjs protocols, in base64. A socket is one branch\'s, which its path names, each part percent-encoded; a bare - stands for public insts. The server speaks first: sync step 1. An update with an id is acknowledged by saved, or refused by an error with that id. Frames that would be too large say by url where they are, both ways; a client sends {type: "upload", id}, is answered by the same with a url, PUTs the frame there with the headers Content-Type: application/json and x-amz-acl: bucket-owner-full-control, and sends {type: "yjs", url, id}. Anything else is ignored. Who may not read the branch is told so, and the socket is closed.',
    ...typed,
    refusal: (codes) => ({
      type: 'object',
      properties: {
        type: { const: 'error' },
        code: { enum: codes },
        message: { type: 'string' },
        id: { type: ['string', 'number'], description: 'Of the frame that it answers, where that had one.' },
      },
      required: ['type', 'code', 'message'],
    }),
    codeOf: (frame) => (frame as { code: string }).code,
  },
  nodes: {
    path: '/nodes',
    description:
      'The doorbell of nodes, on any path that belongs to no other protocol: JSON text frames {type: "nodes.…", …fields}. The server tells versions only; what has changed is asked for over HTTP.',
    ...typed,
    ...refusedInPayload,
  },
} as const satisfies Record<SocketBinding['dialect'], DialectNotes>;
