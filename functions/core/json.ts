import { Failure } from './errors.ts';

/** The server refuses deeper values, because code that reads or writes them recursively needs stack. */
export const maxDepth = 100;
/** A frame or a body around a value may be this much deeper: `{"attributes":{"name":value}}`. */
export const envelopeDepth = 2;

/** @throws Failure `not_json`, or `unacceptable_request` for what is nested too deeply */
export function parseJson(text: string, deepest = maxDepth): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure('not_json', 'Invalid JSON');
  }
  const tooDeep = tooDeepIn(text, deepest);
  if (tooDeep) throw tooDeep;
  return value;
}

/** The refusal of a JSON text that is nested too deeply; undefined if it is not. */
export function tooDeepIn(text: string, deepest: number): Failure | undefined {
  if (text.length <= 2 * deepest || depthOf(text) <= deepest) return undefined;
  return new Failure('unacceptable_request', `Values may be nested ${deepest} deep, and this one is nested deeper.`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Depth of a text that is known to be JSON. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) {
      for (at++; text.charCodeAt(at) !== 0x22; at++) if (text.charCodeAt(at) === 0x5c) at++;
    } else if (char === 0x5b || char === 0x7b) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (char === 0x5d || char === 0x7d) {
      depth--;
    }
  }
  return deepest;
}
