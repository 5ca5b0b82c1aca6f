import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A JSON file that is complete whenever the process ends. Only its owner can read it. */
export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/**
 * The value that {@link writeJson} wrote; `otherwise` if there is no such file.
 *
 * @throws Error naming a file that is no JSON
 */
export function readJson<T>(path: string, otherwise: T): T {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
  try {
    return JSON.parse(text) as T; // written by writeJson
  } catch (cause) {
    throw new Error(`${path} is damaged; delete it, or the whole data folder, to start again.`, { cause });
  }
}
