import { createHash } from 'node:crypto';
import { lazily } from '../core/lazily.ts';
import type { Settings } from '../core/settings.ts';
import { answerOf, type HttpAnswer, type HttpEvent, header } from './event.ts';

export type FrontPage = (event: HttpEvent, settings: Settings) => HttpAnswer | undefined;

/**
 * `GET /`: for people the console, or the way to where they sign in; for programs the name that clients look for.
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
    // HTTP APIs do not compress, and the edge does so only for what it keeps.
    return header(event, 'accept-encoding')?.includes('gzip') === true
      ? { statusCode: 200, headers: { ...headers, 'Content-Encoding': 'gzip' }, body: packed, isBase64Encoded: true }
      : { statusCode: 200, headers, body: text };
  };
}

/** An import of `node:zlib` would make every cold start wait for what only this page needs. */
function unpacked(packed: string): string {
  return process.getBuiltinModule('node:zlib').gunzipSync(Buffer.from(packed, 'base64')).toString();
}

const varied = { Vary: 'Accept' };
const anyone = { ...varied, 'Access-Control-Allow-Origin': '*' };

/** The page's own script and style count and no others, and it talks to where it came from: sockets are there too. */
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

/** What a browser may run or apply of this page: every element of the kind, by its text. */
function hashes(html: string, element: 'script' | 'style'): string {
  const found = [...html.matchAll(new RegExp(`<${element}\\b[^>]*>([\\s\\S]*?)</${element}>`, 'g'))];
  const hash = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return found.map(([, text]) => hash(text)).join(' ') || "'none'";
}
