import { readFileSync } from 'node:fs';

/** A value as one line of an append-only file. */
export const lineOf = (value: object): string => `${JSON.stringify(value)}\n`;

/** Every line of such a file, except an incomplete last one of a process that was killed while writing. */
export function linesIn<Line>(file: string): Line[] {
  return textOf(file)
    .split('\n')
    .flatMap((text) => {
      try {
        return [JSON.parse(text) as Line]; // written by lineOf
      } catch {
        return [];
      }
    });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // the file does not exist yet
  }
}
