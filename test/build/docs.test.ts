import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import * as z from 'zod/mini';
import { asyncApi } from '../../build/docs/asyncapi.ts';
import { wireSchema } from '../../build/docs/json-schema.ts';
import { openApi } from '../../build/docs/openapi.ts';
import { operation } from '../../functions/core/contract.ts';
import { protocol } from '../../functions/protocol.ts';

const http = openApi(protocol, '1.0.0');
const sockets = asyncApi(protocol, '1.0.0');

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(http));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('refers to nothing that is not there', () => {
    expect(dangling(http)).toEqual([]);
  });

  it('tells every operation that has a path, with what is in path, query and body', () => {
    expect(at(http, 'paths', '/api/{userId}/metadata', 'put')).toMatchObject({
      operationId: 'auth.updateUserInfo',
      parameters: [{ name: 'userId', in: 'path', required: true }],
      requestBody: { content: { 'application/json': { schema: { type: 'object', properties: { name: {} } } } } },
    });
    expect(at(http, 'paths', '/rooms/{roomId}/chat', 'get', 'parameters')).toMatchObject([
      { name: 'roomId', in: 'path', required: true },
      { name: 'limit', in: 'query', required: false },
      { name: 'offset', in: 'query', required: false },
      { name: 'before', in: 'query', required: false },
    ]);
  });

  it("tells refusals in the words of the path's family", () => {
    const casualos = at(http, 'components', 'responses', 'casualos.rate_limit_exceeded');
    const plain = at(http, 'components', 'responses', 'plain.rate_limit_exceeded');
    const fields = ['content', 'application/json', 'schema', 'properties'];
    expect(at(casualos, ...fields)).toEqual({
      success: { const: false },
      errorCode: { const: 'rate_limit_exceeded' },
      errorMessage: { type: 'string' },
    });
    expect(at(plain, ...fields)).toEqual({ error: { type: 'string' } });
  });

  it('is the same whatever the order of the lists', () => {
    const reversed = Object.fromEntries(Object.entries(protocol).reverse());
    expect(JSON.stringify(openApi(reversed, '1.0.0'))).toBe(JSON.stringify(http));
    expect(JSON.stringify(asyncApi(reversed, '1.0.0'))).toBe(JSON.stringify(sockets));
  });

  it('refuses an operation whose input no query can carry', () => {
    const odd = operation({
      summary: 'A list for a query.',
      input: () => z.array(z.string()),
      output: () => z.object({}),
      access: { caller: 'anyone', scope: 'read' },
      errors: [],
      http: { method: 'GET', path: '/odd' },
    });
    expect(() => openApi({ odd: { operations: { odd }, pushes: {} } }, '1')).toThrow('odd.odd: an input that a path');
  });
});

describe('the AsyncAPI document', () => {
  it('is valid AsyncAPI 3.0', () => {
    // The schema's own relaxed notation is nothing to warn of; it describes formats that ajv need not know.
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const schema: object = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json');
    const validate = ajv.compile(schema);
    validate(sockets);
    expect(validate.errors).toBeNull();
  });

  it('refers to nothing that is not there', () => {
    expect(dangling(sockets)).toEqual([]);
  });

  it('keeps apart what is sent and heard under one type', () => {
    const fields = ['payload', 'properties', 'payload', 'properties'];
    const heard = at(sockets, 'components', 'messages', 'openlivesync.receive.broadcast_event', ...fields);
    const sent = at(sockets, 'components', 'messages', 'openlivesync.send.broadcast_event', ...fields);
    expect(Object.keys(heard ?? {})).toEqual(['event', 'payload']);
    expect(Object.keys(sent ?? {})).toContain('connectionId');
  });

  it('says which frames need a payload, and which frame answers', () => {
    const frame = (type: string) => at(sockets, 'components', 'messages', `openlivesync.receive.${type}`, 'payload');
    expect(frame('leave_room')).toMatchObject({ required: ['type'] });
    expect(frame('join_room')).toMatchObject({ required: ['type', 'payload'] });
    expect(at(sockets, 'operations', 'openlivesync.receive.join_room', 'reply', 'messages')).toEqual([
      { $ref: '#/channels/openlivesync/messages/send.room_joined' },
    ]);
  });

  it('lists every word for a refusal', () => {
    const error = at(sockets, 'components', 'messages', 'openlivesync.send.error', 'payload', 'properties', 'payload');
    expect(at(error, 'properties', 'code', 'enum')).toEqual([
      'FORBIDDEN',
      'INVALID_JSON',
      'INVALID_MESSAGE',
      'PAYLOAD_TOO_LARGE',
      'RATE_LIMITED',
      'SERVER_ERROR',
    ]);
  });
});

describe('a schema in a document', () => {
  it('that contains itself points at its own place', () => {
    const placed = wireSchema(z.object({ any: z.json() }), { target: 'draft-2020-12', at: '#/components/schemas/x' });
    expect(dangling({ components: { schemas: { x: placed } } })).toEqual([]);
    expect(JSON.stringify(placed)).toContain('#/components/schemas/x/$defs/');
  });

  it('is what travels, also where a codec makes something else of it', () => {
    const schema = z.object({
      at: z.codec(z.iso.datetime(), z.date(), { decode: (s) => new Date(s), encode: String }),
    });
    expect(wireSchema(schema, { target: 'draft-07', at: '#' })).toMatchObject({
      properties: { at: { type: 'string', format: 'date-time' } },
    });
  });
});

/** All local references that lead nowhere. */
function dangling(document: unknown): string[] {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].flatMap(([, found]) => found ?? []);
  return references.filter((reference) => {
    const [root, ...steps] = reference.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    return root !== '#' || at(document, ...steps) === undefined;
  });
}

function at(document: unknown, ...steps: string[]): unknown {
  return steps.reduce<unknown>(
    (found, step) => (typeof found === 'object' && found !== null ? Reflect.get(found, step) : undefined),
    document,
  );
}
