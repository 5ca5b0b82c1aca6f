import { isObject } from '../template/json.ts';

/** The answer as the client receives it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | string;
}

/** Headers that the gateway sets itself, replacing those of a handler's answer. */
const REPLACED = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** An error of the gateway itself. */
export function gatewayError(status: number, message: string): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}

export const internalServerError = gatewayError(500, 'Internal Server Error');

/** The handler's answer, payload format 2.0. An invalid one becomes the gateway's 500. */
export function answerOf(payload: unknown): HttpAnswer {
  if (!isObject(payload) || payload.statusCode === undefined) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(payload ?? null) };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = payload;
  if (!isStatus(statusCode) || !isBody(body)) return internalServerError;
  const passed = headersOf(headers);
  const cookieList = Array.isArray(cookies) ? cookies.map(String) : [];
  if (passed === undefined) return internalServerError;
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...passed,
      ...(cookieList.length === 0 ? {} : { 'set-cookie': cookieList }),
    },
    body: isBase64Encoded === true ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
  };
}

function isStatus(status: unknown): status is number {
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599;
}

function isBody(body: unknown): body is string | undefined | null {
  return body === undefined || body === null || typeof body === 'string';
}

/** Undefined if a value is invalid in a header. */
function headersOf(headers: unknown): Readonly<Record<string, string>> | undefined {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(isObject(headers) ? headers : {})) {
    const text = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (!text || /[\r\n]/.test(`${name}${value}`)) return undefined;
    if (!REPLACED.has(name.toLowerCase())) passed[name.toLowerCase()] = String(value);
  }
  return passed;
}
