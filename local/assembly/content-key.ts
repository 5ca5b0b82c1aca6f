import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** What a synthesis depends on, below the repository's root. */
const SOURCES = ['app', 'client', 'functions', 'lib', 'bin', 'build', 'cdk.json', 'package-lock.json'];

/** A name for the state of all sources and of `settings`: the same content has the same key, whenever it was written. */
export function contentKey(root: string, settings: unknown): string {
  const hash = createHash('sha256').update(process.version).update(JSON.stringify(settings));
  for (const file of SOURCES.flatMap((source) => filesIn(path.join(root, source)))) {
    hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex').slice(0, 20);
}

function filesIn(place: string): readonly string[] {
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place)
    .sort()
    .flatMap((name) => filesIn(path.join(place, name)));
}
