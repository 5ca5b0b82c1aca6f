import { S3Error } from './errors.ts';

/**
 * Reads `multipart/form-data` as S3 does: small fields first, `file` last and as a stream. Fields after the file are
 * ignored.
 */

/** The maximum size of everything before the file's bytes. */
const MAX_PREFACE_BYTES = 64 * 1024;

export interface Form {
  /** Lower-case names; the field `file` is not among them. */
  readonly fields: ReadonlyMap<string, string>;
  readonly fileName: string;
  /** The bytes of the file. */
  readonly file: AsyncIterable<Buffer>;
}

/** @throws S3Error MalformedPOSTRequest, MaxPostPreDataLengthExceeded, InvalidArgument (no file) */
export async function readForm(contentType: string, source: AsyncIterable<Buffer>): Promise<Form> {
  const match = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw malformed();
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const reader = createReader(source);
  const fields = new Map<string, string>();
  let left = MAX_PREFACE_BYTES;

  await reader.until(delimiter, left); // a preamble, if any
  for (;;) {
    const end = await reader.until(Buffer.from('\r\n'), 64);
    if (end.toString('latin1').startsWith('--'))
      throw new S3Error('InvalidArgument', 'POST requires exactly one file upload per request.');
    const head = (await reader.until(Buffer.from('\r\n\r\n'), left)).toString('utf8');
    const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(head)?.[1] ?? '';
    const name = parameter(disposition, 'name')?.toLowerCase();
    if (name === undefined) throw malformed();
    if (name === 'file') {
      return { fields, fileName: parameter(disposition, 'filename') ?? '', file: reader.streamUntil(delimiter) };
    }
    const value = await reader.until(delimiter, left);
    left -= head.length + value.length;
    fields.set(name, value.toString('utf8'));
  }
}

function parameter(disposition: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|;)\\s*${name}=(?:"([^"]*)"|([^\\s;]+))`, 'i').exec(disposition);
  return match?.[1] ?? match?.[2];
}

interface Reader {
  /** The bytes before `mark`, which is consumed. */
  until(mark: Buffer, maxBytes: number): Promise<Buffer>;
  streamUntil(mark: Buffer): AsyncGenerator<Buffer>;
}

function createReader(source: AsyncIterable<Buffer>): Reader {
  const input = source[Symbol.asyncIterator]();
  let buffer: Buffer = Buffer.from('\r\n'); // so that the first boundary looks like the others

  async function more(): Promise<void> {
    const next = await input.next();
    if (next.done) throw malformed();
    buffer = Buffer.concat([buffer, next.value]);
  }
  function take(length: number, skip: number): Buffer {
    const taken = buffer.subarray(0, length);
    buffer = buffer.subarray(length + skip);
    return taken;
  }

  return {
    async until(mark, maxBytes) {
      let at = buffer.indexOf(mark);
      while (at < 0) {
        if (buffer.length > maxBytes + mark.length) break;
        await more();
        at = buffer.indexOf(mark);
      }
      if (at >= 0 && at <= maxBytes) return take(at, mark.length);
      throw new S3Error(
        'MaxPostPreDataLengthExceeded',
        'Your POST request fields preceding the upload file were too large.',
      );
    },
    async *streamUntil(mark) {
      for (;;) {
        const at = buffer.indexOf(mark);
        if (at >= 0) {
          if (at > 0) yield take(at, mark.length);
          return;
        }
        // The last bytes may be the start of the mark.
        const safe = buffer.length - mark.length + 1;
        if (safe > 0) yield take(safe, 0);
        await more();
      }
    },
  };
}

function malformed(): S3Error {
  return new S3Error('MalformedPOSTRequest', 'The body of your POST request is not well-formed multipart/form-data.');
}
