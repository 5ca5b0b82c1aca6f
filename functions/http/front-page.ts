import { createHash } from 'node:crypto';
import { lazily } from '../core/lazily.ts';
import type { Settings } from '../core/settings.ts';
import { answerOf, type HttpAnswer, type HttpEvent, header } from './event.ts';

export type FrontPage = (event: HttpEvent, settings: Settings) => HttpAnswer | undefined;

/**
 * `GET /`: browsers get the console, or a redirect to the sign-in pages; programs get the name that clients look for.
 * @param packed the console: gzipped, in base64
 */
export function frontPageWith(packed: string): FrontPage {
  const page = lazily(() => {
    const text = unpacked(packed);
    return { text, headers: { ...guarding(text), Vary: 'Accept, Accept-Encoding' } };
  });
  return (event, { frontendOrigin }) => {
    if (event.rawPath !== '/' || event.requestContext.http.method !== 'GET') return undefined;
    const isForPeople = header(event, 'accept')?.includes('text/html') === true;
    if (!isForPeople) return answerOf({ status: 200, headers: anyone, body: 'openlivesync' });
    if (frontendOrigin !== undefined) return { statusCode: 302, headers: { ...varied, Location: frontendOrigin } };
    const { text, headers } = page();
    // HTTP APIs do not compress, and the edge compresses only what it caches.
    return header(event, 'accept-encoding')?.includes('gzip') === true
      ? { statusCode: 200, headers: { ...headers, 'Content-Encoding': 'gzip' }, body: packed, isBase64Encoded: true }
      : { statusCode: 200, headers, body: text };
  };
}

/** Not imported, because every cold start would load `node:zlib`, which only this page needs. */
function unpacked(packed: string): string {
  return process.getBuiltinModule('node:zlib').gunzipSync(Buffer.from(packed, 'base64')).toString();
}

const varied = { Vary: 'Accept' };
const anyone = { ...varied, 'Access-Control-Allow-Origin': '*' };

/**
 * The Content-Security-Policy: only the page's own script and style run, and it connects only to its own host, sockets
 * included.
 */
function guarding(page: string) {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': [
      "default-src 'none'",
      `script-src ${hashes(page, 'script')}`,
      `style-src ${hashes(page, 'style')}`,
      'img-src data:',
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  };
}

/** Hashes of all elements of a kind, by their text, which the browser may run or apply. */
function hashes(html: string, element: 'script' | 'style'): string {
  const found = [...html.matchAll(new RegExp(`<${element}\\b[^>]*>([\\s\\S]*?)</${element}>`, 'g'))];
  const hash = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return found.map(([, text]) => hash(text)).join(' ') || "'none'";
}
