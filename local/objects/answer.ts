import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type S3Error, s3Errors } from './errors.ts';
import { xmlDocument } from './xml.ts';

/** The store's answer; header names in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | OpenRange;
}

/** Bytes of a file that is already open, so that a deletion cannot remove them before they are sent. */
export interface OpenRange {
  readonly fd: number;
  readonly start: number;
  readonly length: number;
}

export function xmlAnswer(xml: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body: xml };
}

export function errorAnswer(error: S3Error, resource: string, requestId: string): Answer {
  const document = {
    Code: error.code,
    Message: error.message,
    ...error.details,
    Resource: resource,
    RequestId: requestId,
  };
  return {
    status: s3Errors[error.code],
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('Error', document, false),
  };
}

/** Writes the answer; HEAD gets only the headers. Resolves when everything is sent or the client has disconnected. */
export async function send(response: ServerResponse, answer: Answer, isHead: boolean): Promise<void> {
  const { body = '' } = answer;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  // A 304 or 204 has no length of its own.
  const withLength = answer.status === 204 || answer.status === 304 ? {} : { 'content-length': String(length) };
  response.writeHead(answer.status, { ...withLength, ...answer.headers });
  if (typeof body === 'string') {
    response.end(isHead ? '' : body);
    return;
  }
  const end = body.start + Math.max(body.length, 1) - 1;
  const file = createReadStream('', { fd: body.fd, start: body.start, end });
  if (isHead || body.length === 0) {
    file.destroy();
    response.end();
    return;
  }
  await pipeline(file, response).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}
