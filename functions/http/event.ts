import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { edgeHeaders } from '../core/env.ts';
import { type Code, Failure } from '../core/errors.ts';
import { envelopeDepth, isObject, maxDepth, parseJson } from '../core/json.ts';
import type { Page, Reply } from '../wire/family.ts';

/** What the HTTP API says of a request (payload format 2.0), and what it takes for an answer. */
export type HttpEvent = APIGatewayProxyEventV2;
export type HttpAnswer = APIGatewayProxyStructuredResultV2;

/** What the function takes: 4 MiB of whatever it is about, and the words around it. Larger things go to the object store directly. */
export const maxBodyBytes = 4 * 1024 * 1024 + 64 * 1024;

/** The gateway writes all names in lower case. */
export function header(event: HttpEvent, name: string): string | undefined {
  return event.headers[name];
}

/** As the viewer knows it: the edge asks API Gateway by another name. Anybody may send either header. */
export function hostOf(event: HttpEvent): string | undefined {
  return header(event, edgeHeaders.host) ?? header(event, 'host');
}

export function pageOf(event: HttpEvent): Page {
  return { origin: header(event, 'origin'), method: event.requestContext.http.method };
}

/** Only a header with exactly this prefix holds a credential; keys stand nowhere else. */
export function credentialOf(event: HttpEvent): string | undefined {
  const prefix = 'Bearer ';
  const authorization = header(event, 'authorization');
  return authorization?.startsWith(prefix) ? authorization.slice(prefix.length) : undefined;
}

/**
 * The body as a JSON object, whatever content type it claims.
 * @param tooLarge what more than that is refused with
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

/** What Lambda lets out: the answer as JSON, in which the body's quotes are written as two characters. */
const maxAnswerBytes = 6 * 1024 * 1024 - 64 * 1024;

/** Whether an answer is more than Lambda lets out; the gateway would say 500. */
export function isTooLarge({ body = '' }: HttpAnswer): boolean {
  return body.length > maxAnswerBytes / 6 && Buffer.byteLength(JSON.stringify(body)) > maxAnswerBytes;
}

/** Texts go out as they are, everything else as JSON. Answers may hold keys, so nobody keeps them. */
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
