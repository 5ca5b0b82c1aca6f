import { existsSync } from 'node:fs';
import path from 'node:path';

/** Where this package lies. */
const root = path.join(import.meta.dirname, '..');

/** Every bundle that is deployed, and the file it starts from. One bundle may serve several functions. */
export const bundles = {
  /** Frames of sockets: the sockets function (`handler`) and the lane's (`lane`). */
  sockets: 'functions/connections/handler.ts',
  /** Frames of the store and its rules. */
  store: 'functions/store-frames/handler.ts',
  /** The light HTTP capabilities. */
  http: 'functions/http/handler.ts',
  /** Passkeys, whose library the light function does not need. */
  passkeys: 'functions/passkeys/handler.ts',
  /** Files of records, which reach into the files bucket. */
  files: 'functions/files/handler.ts',
  /** Operations that read or merge shared documents, separate because they need a large library. */
  documents: 'functions/documents/handler.ts',
  /** Projects, instances, their memory and their shares. */
  instances: 'functions/instances/handler.ts',
  /** AI models and images, which need libraries of their own. */
  ai: 'functions/ai/handler.ts',
  /** Deliveries of instance webhooks. */
  webhooks: 'functions/instance-webhooks/handler.ts',
  /** Posts to many recipients, and other background jobs. */
  fanout: 'functions/fanout/handler.ts',
  /** Jobs that schedules start. */
  jobs: 'functions/jobs/handler.ts',
  /** Work derived from the table's stream. */
  stream: 'functions/stream/handler.ts',
} as const;

export type BundleName = keyof typeof bundles;

/** The folder with a bundle's `index.mjs`, whether it has been built or not. */
export function bundleFolder(name: BundleName): string {
  return path.join(root, 'dist/fn', name);
}

/** @throws Error that says what to do if the bundle has not been built */
export function builtBundle(name: BundleName): string {
  const folder = bundleFolder(name);
  if (!existsSync(path.join(folder, 'index.mjs'))) {
    throw new Error(`Chorus: the bundle ${name} is missing in ${folder}. Run "npm run build" in Chorus first.`);
  }
  return folder;
}
