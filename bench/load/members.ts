import { openTextSocket } from './text-socket.ts';

/** A socket that has joined the room. */
export interface Member {
  send(type: string, payload: unknown): void;
  /** From now on this listener receives every frame's text, instead of the earlier listener. Texts are ASCII. */
  hear(listener: (text: string) => void): void;
  close(): void;
}

/** Connects and joins so many members, `atOnce` at a time. @returns them, all of them inside */
export async function joinMembers(socketUrl: string, count: number, atOnce = 25): Promise<Member[]> {
  const members: Member[] = [];
  while (members.length < count) {
    const next = Math.min(atOnce, count - members.length);
    members.push(...(await Promise.all(Array.from({ length: next }, () => joinOne(socketUrl)))));
  }
  return members;
}

async function joinOne(socketUrl: string): Promise<Member> {
  const socket = await openTextSocket(socketUrl);
  const { promise: inside, resolve, reject } = Promise.withResolvers<void>();
  socket.onEnd(() => reject(new Error('closed while joining')));
  socket.hear((text) => {
    if (text.includes('"room_joined"')) resolve();
  });
  const member: Member = {
    send: (type, payload) => socket.send(JSON.stringify({ type, payload })),
    hear: socket.hear,
    close: socket.end,
  };
  member.send('join_room', { roomId: 'lobby' });
  await inside;
  return member;
}
