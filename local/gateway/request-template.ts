/**
 * Request templates of WebSocket routes that lead to a queue. Velocity is a language; these templates only fill in
 * values: `$util.urlEncode(…)` around `$context.a.b` or `$input.body`, nested at will. Anything else that begins with
 * `$` or `#` is refused when the template is read, not when the first message arrives.
 */

export interface TemplateInput {
  /** `requestContext` of the event. */
  readonly context: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const HOLE = /\$util\.urlEncode\(/y;
const VARIABLE = /\$(context\.[A-Za-z0-9_.]+|input\.body)/y;

type Part = (input: TemplateInput) => string;

/** @throws Error for a template with anything else in it */
export function compileTemplate(template: string): (input: TemplateInput) => string {
  const parts: Part[] = [];
  let at = 0;
  while (at < template.length) {
    const next = template.slice(at).search(/[$#]/);
    const end = next < 0 ? template.length : at + next;
    const literal = template.slice(at, end);
    if (literal !== '') parts.push(() => literal);
    if (next < 0) break;
    const expression = readExpression(template, end);
    parts.push(expression.part);
    at = expression.end;
  }
  return (input) => parts.map((part) => part(input)).join('');
}

function readExpression(template: string, at: number): { readonly part: Part; readonly end: number } {
  HOLE.lastIndex = at;
  const hole = HOLE.exec(template);
  if (hole !== null) {
    const inner = readExpression(template, at + hole[0].length);
    if (template[inner.end] !== ')') throw unknown(template, at);
    return { part: (input) => urlEncode(inner.part(input)), end: inner.end + 1 };
  }
  VARIABLE.lastIndex = at;
  const [text, name] = VARIABLE.exec(template) ?? [];
  if (text === undefined || name === undefined) throw unknown(template, at);
  return { part: variable(name.split('.').slice(1), name === 'input.body'), end: at + text.length };
}

function variable(path: readonly string[], isBody: boolean): Part {
  if (isBody) return ({ body }) => body;
  return ({ context }) => {
    let value: unknown = context;
    for (const key of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[key];
    // AWS does not document what a name renders as if the event does not have it; empty is the least surprising.
    return value === undefined ? '' : String(value);
  };
}

/** Like Java's URLEncoder, which implements `$util.urlEncode`. */
function urlEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

function unknown(template: string, at: number): Error {
  return new Error(
    `The local runtime cannot evaluate ${JSON.stringify(template.slice(at, at + 40))} of a request template; ` +
      'it knows $util.urlEncode(...), $context.<name> and $input.body.',
  );
}
