import { openTextSocket } from '../load/text-socket.ts';

/** A client of an instance on one socket. It parses no more of a frame than it has to. */
export interface MemoryClient {
  /** Resolves once it is acknowledged. */
  set(key: string, value: number): Promise<void>;
  /** Resolves once it has received this value of a key. */
  hears(key: string, value: number): Promise<void>;
  /** Bytes of the initial state that it received. */
  readonly snapshotBytes: number;
  close(): void;
}

/** @param url of the instance, credentials included; resolves once the initial state has arrived */
export async function openMemoryClient(url: string): Promise<MemoryClient> {
  const socket = await openTextSocket(url);
  const waiting = new Map<string, () => void>();
  const greeted = Promise.withResolvers<void>();
  let snapshotBytes = 0;
  socket.hear((text) => {
    if (text.startsWith('{"type":"key_updated"')) {
      const end = text.indexOf(',"attributes"');
      const heard = text.slice(0, end);
      const done = waiting.get(heard);
      waiting.delete(heard);
      done?.();
    } else if (text.startsWith('{"type":"sync"')) {
      snapshotBytes += text.length;
      const { part = 1, parts = 1 } = JSON.parse(text);
      if (part === parts) greeted.resolve();
    } else if (text.startsWith('{"type":"error"')) throw new Error(text);
  });
  await greeted.promise;
  const hears: MemoryClient['hears'] = (key, value) =>
    new Promise((resolve) => {
      waiting.set(`{"type":"key_updated","key":"${key}","value":${value}`, resolve);
    });
  return {
    hears,
    set(key, value) {
      const acknowledged = hears(key, value);
      socket.send(`{"type":"set","key":"${key}","value":${value},"timestamp":0}`);
      return acknowledged;
    },
    snapshotBytes,
    close: socket.end,
  };
}
