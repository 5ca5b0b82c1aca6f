import { open as openMemory } from '../memory/authenticating.ts';
import { type Opening, open } from '../yjs/open.ts';

/** Dialects whose sockets are for one thing, which is opened before any other frame; each with its function. */
const openings: Readonly<Record<string, Opening>> = {
  mindcache: openMemory,
  yjs: open,
};

export const openingOf = (dialect: string): Opening | undefined => openings[dialect];
