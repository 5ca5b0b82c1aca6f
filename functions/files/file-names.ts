import mime from 'mime';
import { Failure } from '../core/errors.ts';

export interface Named {
  readonly fileName: string;
  readonly mimeType: string;
}

/** The description of a file before its upload. Extensions begin with a dot. */
export interface Described {
  readonly sha256Hex: string;
  readonly mimeType: string | undefined;
  readonly extension: string | undefined;
}

/**
 * Names a file by its hash and type. For an unknown type the name is only the hash.
 * @throws Failure `unacceptable_request` when MIME type and extension contradict each other
 */
export function nameFile({ sha256Hex, mimeType, extension }: Described): Named {
  if (mimeType === undefined) {
    return {
      fileName: `${sha256Hex}${extension ?? ''}`,
      mimeType: (extension && mime.getType(extension)) || 'application/octet-stream',
    };
  }
  if (extension === undefined) {
    const usual = mime.getExtension(mimeType);
    return { fileName: usual === null ? sha256Hex : `${sha256Hex}.${usual}`, mimeType };
  }
  const known = mime.getAllExtensions(mimeType);
  if (known && !known.has(extension.slice(1)) && !known.has(extension.slice(extension.lastIndexOf('.') + 1))) {
    throw new Failure('unacceptable_request', `A file of type ${mimeType} does not end in ${extension}.`, {
      issues: [{ code: 'custom', path: ['fileExtension'], message: 'The extension is none of the MIME type.' }],
    });
  }
  return { fileName: `${sha256Hex}${extension}`, mimeType };
}
