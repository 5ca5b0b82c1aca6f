import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ChatMessagePayload, JoinRoomPayload, PresenceEntry, SendChatPayload } from '../../client/protocol.ts';

/** Any frame, as a test looks at it. */
export interface Frame {
  readonly type: string;
  readonly payload: Record<string, unknown>;
}

interface Member {
  readonly id: string;
  readonly socket: WebSocket;
  entry?: PresenceEntry;
  roomId?: string;
}

/** The rooms protocol in memory on a real port, honest unless a test tells it to fail. */
export interface RoomServer {
  readonly url: string;
  /** Paths of the upgrades, oldest first. */
  readonly upgrades: string[];
  /** Frames received, oldest first. */
  readonly received: Frame[];
  /** Answers a frame instead of the server when it returns true. */
  intercept: (frame: Frame, socket: WebSocket) => boolean;
  /** It still does what it is asked, but nothing it says arrives. */
  isMute: boolean;
  /** What it says the instant a socket is there. */
  greeting: string | undefined;
  /** The log of a room, as stored. */
  log(roomId: string): readonly ChatMessagePayload[];
  /** Somebody else says something; `deliver: false` stores it only. */
  say(roomId: string, message: string, deliver?: boolean): ChatMessagePayload;
  /** Says the frame to everyone connected. */
  tell(type: string, payload: unknown): void;
  /** The log starts over. */
  forget(roomId: string): void;
  /** Ends every connection without a close frame. */
  cut(): void;
  stop(): Promise<void>;
}

interface Room {
  epoch: string;
  log: ChatMessagePayload[];
  once: Map<string, ChatMessagePayload>;
}

export async function startRoomServer(): Promise<RoomServer> {
  const server = new WebSocketServer({ port: 0, host: 'localhost' });
  await new Promise((resolve) => server.on('listening', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has one
  const rooms = new Map<string, Room>();
  const members = new Set<Member>();
  let count = 0;

  const room = (id: string): Room => {
    const found = rooms.get(id) ?? { epoch: `epoch${++count}`, log: [], once: new Map() };
    rooms.set(id, found);
    return found;
  };
  const inside = (roomId: string) => [...members].filter((member) => member.roomId === roomId);
  const post = (member: Member, type: string, payload: unknown) => {
    if (!self.isMute) member.socket.send(JSON.stringify({ type, payload }));
  };

  function append(roomId: string, connectionId: string, { message, metadata }: SendChatPayload): ChatMessagePayload {
    const { epoch, log } = room(roomId);
    const sequence = log.length + 1;
    const about = { id: `${epoch}.${sequence}`, roomId, connectionId, message, createdAt: sequence, sequence };
    const stored = { ...about, ...(metadata && { metadata }) };
    log.push(stored);
    return stored;
  }
  function join(member: Member, { roomId, presence = {}, name, resume }: JoinRoomPayload): void {
    const { epoch, log } = room(roomId);
    member.roomId = roomId;
    member.entry = { connectionId: member.id, ...(name !== undefined && { name }), presence };
    const recovered = typeof resume === 'object' && resume.epoch === epoch;
    const missed = recovered ? log.slice(resume.sequence) : [];
    post(member, 'room_joined', {
      roomId,
      connectionId: member.id,
      presence: Object.fromEntries(inside(roomId).map((each) => [each.id, each.entry])),
      chatHistory: recovered ? [] : log.map(({ sequence: _, ...message }) => message),
      epoch,
      sequence: log.length,
      recovered,
    });
    for (const message of missed) post(member, 'chat_message', message);
  }
  function chat(member: Member, payload: SendChatPayload): void {
    const { roomId } = member;
    if (roomId === undefined) return;
    const { once } = room(roomId);
    const repeated = once.get(payload.messageId ?? '');
    if (repeated) {
      post(member, 'chat_message', repeated);
      return;
    }
    const stored = append(roomId, member.id, payload);
    if (payload.messageId !== undefined) once.set(payload.messageId, stored);
    for (const each of inside(roomId)) post(each, 'chat_message', stored);
  }

  const self: RoomServer = {
    url: `ws://localhost:${port}/live`,
    upgrades: [],
    received: [],
    intercept: () => false,
    isMute: false,
    greeting: undefined,
    log: (roomId) => room(roomId).log,
    say(roomId, message, deliver = true) {
      const stored = append(roomId, 'somebody-else', { message });
      if (deliver) for (const each of inside(roomId)) post(each, 'chat_message', stored);
      return stored;
    },
    tell(type, payload) {
      for (const member of members) post(member, type, payload);
    },
    forget: (roomId) => void rooms.delete(roomId),
    cut() {
      for (const { socket } of members) socket.terminate();
    },
    async stop() {
      self.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  server.on('connection', (socket, request) => {
    self.upgrades.push(request.url ?? '');
    const member: Member = { id: `c${++count}`, socket };
    members.add(member);
    socket.on('close', () => members.delete(member));
    if (self.greeting !== undefined) socket.send(self.greeting);
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as Frame; // the client under test sends nothing else
      self.received.push(frame);
      if (self.intercept(frame, socket)) return;
      // The shapes are the client's own; a wrong one fails the test.
      if (frame.type === 'join_room') join(member, frame.payload as unknown as JoinRoomPayload);
      if (frame.type === 'leave_room') delete member.roomId;
      if (frame.type === 'send_chat') chat(member, frame.payload as unknown as SendChatPayload);
    });
  });
  return self;
}
