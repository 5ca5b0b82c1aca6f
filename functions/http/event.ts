import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { edgeHeaders } from '../core/env.ts';
import { type Code, Failure } from '../core/errors.ts';
import { envelopeDepth, isObject, maxDepth, parseJson } from '../core/json.ts';
import type { Page, Reply } from '../wire/family.ts';

/** The HTTP API's request event (payload format 2.0), and its answer. */
export type HttpEvent = APIGatewayProxyEventV2;
export type HttpAnswer = APIGatewayProxyStructuredResultV2;

/**
 * The function's limit: 4 MiB of content and some room for its envelope. Clients upload larger content directly to the
 * object store.
 */
export const maxBodyBytes = 4 * 1024 * 1024 + 64 * 1024;

/** The gateway converts all header names to lower case. */
export function header(event: HttpEvent, name: string): string | undefined {
  return event.headers[name];
}

/**
 * The host as the client wrote it: the edge calls API Gateway by another name. Not to be trusted, because any client
 * may send either header.
 */
export function hostOf(event: HttpEvent): string | undefined {
  return header(event, edgeHeaders.host) ?? header(event, 'host');
}

export function pageOf(event: HttpEvent): Page {
  return { origin: header(event, 'origin'), method: event.requestContext.http.method };
}

/** Only a header with exactly this prefix has a credential; keys are accepted nowhere else. */
export function credentialOf(event: HttpEvent): string | undefined {
  const prefix = 'Bearer ';
  const authorization = header(event, 'authorization');
  return authorization?.startsWith(prefix) ? authorization.slice(prefix.length) : undefined;
}

/**
 * The body as a JSON object, whatever content type it claims.
 * @param tooLarge the error for a larger body
 * @throws Failure `not_json`, or `unacceptable_request` for JSON that is no object or too deep
 */
export function jsonBody(
  { body = '', isBase64Encoded }: HttpEvent,
  atMost = maxBodyBytes,
  tooLarge: Code = 'too_large',
): Readonly<Record<string, unknown>> {
  const bytes = Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes > atMost) throw new Failure(tooLarge, `The body must not be larger than ${atMost} bytes.`);
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
  const value = parseJson(text, maxDepth + envelopeDepth);
  if (!isObject(value)) throw new Failure('not_json', 'The body must be a JSON object.');
  return value;
}

/** Lambda's limit for the answer as JSON, in which each quote of the body takes two characters. */
const maxAnswerBytes = 6 * 1024 * 1024 - 64 * 1024;

/** Whether an answer exceeds Lambda's limit, which the gateway would answer with 500. */
export function isTooLarge({ body = '' }: HttpAnswer): boolean {
  return body.length > maxAnswerBytes / 6 && Buffer.byteLength(JSON.stringify(body)) > maxAnswerBytes;
}

/** Sends texts as they are, and everything else as JSON. Answers may contain keys, so they must not be cached. */
export function answerOf({ status, headers, body }: Reply): HttpAnswer {
  if (body === undefined) return { statusCode: status, headers: { ...headers } };
  const isText = typeof body === 'string';
  return {
    statusCode: status,
    headers: {
      'Content-Type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    },
    body: isText ? body : JSON.stringify(body),
  };
}
