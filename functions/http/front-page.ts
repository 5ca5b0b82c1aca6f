import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Settings } from '../core/settings.ts';
import { answerOf, type HttpAnswer, type HttpEvent, header } from './event.ts';

export type FrontPage = (event: HttpEvent, settings: Settings) => HttpAnswer | undefined;

/** `GET /`: for people the console, or the way to where they sign in; for programs the name that clients look for. */
export function frontPageWith(page: string): FrontPage {
  const headers = { ...guarding(page), Vary: 'Accept, Accept-Encoding' };
  const shown = { statusCode: 200, headers, body: page };
  const packed = (): HttpAnswer => ({
    statusCode: 200,
    headers: { ...headers, 'Content-Encoding': 'gzip' },
    body: gzipSync(page).toString('base64'),
    isBase64Encoded: true,
  });
  return (event, { frontendOrigin }) => {
    if (event.rawPath !== '/' || event.requestContext.http.method !== 'GET') return undefined;
    const isForPeople = header(event, 'accept')?.includes('text/html') === true;
    if (!isForPeople) return answerOf({ status: 200, headers: anyone, body: 'openlivesync' });
    if (frontendOrigin !== undefined) return { statusCode: 302, headers: { ...varied, Location: frontendOrigin } };
    // HTTP APIs do not compress, and the edge does so only for what it keeps.
    return header(event, 'accept-encoding')?.includes('gzip') === true ? packed() : shown;
  };
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
