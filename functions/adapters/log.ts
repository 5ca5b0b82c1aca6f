import type { Log } from '../core/ports.ts';

/** Writes one JSON line per entry; by default to stdout, which is the log of a Lambda function. */
export function createLog(write: (line: string) => void = (line) => process.stdout.write(line)): Log {
  return {
    info: (message, fields) => write(`${line({ level: 'info', message, ...fields })}\n`),
    error: (message, cause, fields) =>
      write(`${line({ level: 'error', message, ...fields, error: described(cause) })}\n`),
  };
}

/** If an entry cannot be written as JSON, at least its message is logged. */
function line(entry: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(entry, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
  } catch (error) {
    return JSON.stringify({ level: entry.level, message: entry.message, unwritable: String(error) });
  }
}

/** JSON does not show the fields of errors. Only a few causes are followed, because they may form a cycle. */
function described(thrown: unknown, depth = 0): unknown {
  if (!(thrown instanceof Error)) return typeof thrown === 'object' ? thrown : String(thrown);
  return {
    name: thrown.name,
    message: thrown.message,
    stack: thrown.stack,
    ...(thrown instanceof AggregateError ? { errors: thrown.errors.map((one) => described(one, depth + 1)) } : {}),
    ...(thrown.cause !== undefined && depth < 5 ? { cause: described(thrown.cause, depth + 1) } : {}),
  };
}
