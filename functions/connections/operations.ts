import { branches } from '../branches/branches.ts';
import type { Bound } from '../core/implement.ts';
import { doorbell } from '../doorbell/doorbell.ts';
import { keysAhead } from '../memory/keys-ahead.ts';
import { memory } from '../memory/memory.ts';
import { isOfInstance } from '../memory/path.ts';
import { memoryYjs } from '../memory-yjs/memory-yjs.ts';
import { rooms } from '../rooms/rooms.ts';
import { socketHttp } from '../socket-http/socket-http.ts';
import { socketLogin } from '../socket-login/socket-login.ts';
import { yjs } from '../yjs/yjs.ts';
import { type Door, findAmong } from './door.ts';

/** Every capability with socket operations, except those in a function of their own. */
export const socketCapabilities: readonly (readonly Bound[])[] = [
  rooms,
  branches,
  memory,
  doorbell,
  memoryYjs,
  socketHttp,
  socketLogin,
  yjs,
];

export const socketDoor: Door = {
  find: findAmong(socketCapabilities),
  aheadOn: { speaksAt: isOfInstance, ahead: keysAhead },
};
