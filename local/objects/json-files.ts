import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Small JSON files that are complete whenever the process ends. An interrupted write leaves the previous content. */
export function writeJsonFile(dir: string, name: string, value: unknown): void {
  const path = join(dir, name);
  writeFileSync(`${path}.new`, JSON.stringify(value));
  renameSync(`${path}.new`, path);
}

/**
 * The values that {@link writeJsonFile} wrote to `dir`; removes interrupted writes.
 * @throws Error naming the file that is damaged
 */
export function readJsonFiles<T>(dir: string): T[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    if (name.endsWith('.new')) rmSync(path, { force: true });
    if (!name.endsWith('.json')) return [];
    try {
      return [JSON.parse(readFileSync(path, 'utf8')) as T]; // written by writeJsonFile
    } catch (cause) {
      throw new Error(`${path} is damaged; remove it, or the whole data folder, to start again.`, { cause });
    }
  });
}
