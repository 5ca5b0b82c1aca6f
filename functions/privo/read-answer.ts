import * as z from 'zod/mini';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { type ProviderAnswer, unavailable } from '../openid/ask-json.ts';

/**
 * Parses Privo's answer in the expected form.
 * @throws Failure `unacceptable_request` if Privo refuses, `service_unavailable` if the answer cannot be read
 */
export function readAnswer<Schema extends z.core.$ZodType>(
  ports: Ports,
  schema: Schema,
  { status, body }: ProviderAnswer,
  path: string,
): z.output<Schema> {
  if (status === 401 || status === 403) throw unavailable(ports, 'Privo', new Error(`It answered ${status}.`), path);
  if (status >= 400) throw new Failure('unacceptable_request', 'Privo does not accept one or more of the fields.');
  const read = z.safeParse(schema, body);
  if (read.success) return read.data;
  const fields = read.error.issues.map((issue) => issue.path.join('.'));
  throw unavailable(ports, 'Privo', new Error(`Its answer cannot be read: ${fields.join(', ')}.`), path);
}
