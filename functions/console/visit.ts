import type { Status } from '../../client/connection.ts';
import type { PresenceEntry, StoredChatMessage } from '../../client/protocol.ts';
import { connectRooms } from '../../client/rooms.ts';
import type { Chat } from './chat.ts';
import { nameOf } from './faces.ts';
import type { SeenFrame } from './frames.ts';
import { readOlder } from './history.ts';
import { showPeople } from './people.ts';
import { wordFor } from './reactions.ts';
import { seenSocket } from './seen-socket.ts';
import { isAccepted, type Session } from './session.ts';
import { type Place, placeIn, type Stage } from './stage.ts';

/** One stay in one room. It shows on the page what the client library receives, and sends what the user does. */

export interface Visitor {
  readonly roomId: string;
  /** The name that a guest chose. */
  readonly name?: string;
  readonly session: Session | undefined;
}

export interface VisitViews {
  readonly stage: Stage;
  readonly chat: Chat;
  showStatus(status: Status): void;
  showFrame(frame: SeenFrame): void;
  showSelf(self: PresenceEntry): void;
  /** Another member sent a message. */
  onHeard(): void;
  /** Announces a text to users of screen readers. */
  announce(text: string): void;
  onTrouble(trouble: unknown): void;
  /** The room cannot be joined so far, for no known reason; true once it works after all. */
  onDelay(isOver: boolean): void;
  /** The server refused to let the user join; the visit is over. */
  onRefused(trouble: unknown): void;
  /** The server no longer accepts the session. */
  onSessionEnded(): void;
}

export interface Visit {
  move(to: Place | undefined): void;
  ping(at: Place): void;
  react(emoji: string): void;
  say(text: string): Promise<unknown>;
  older(than: StoredChatMessage, limit: number): Promise<readonly StoredChatMessage[]>;
  leave(): void;
}

export const socketUrl = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`;

export function visit({ roomId, name, session }: Visitor, views: VisitViews): Visit {
  const { stage, chat } = views;

  /** Checked before every attempt, because a refused socket gives no reason. */
  async function token(): Promise<string> {
    if (!session) return '';
    if (!(await isAccepted(session))) views.onSessionEnded();
    return session.sessionKey;
  }

  const rooms = connectRooms({
    url: socketUrl,
    token,
    WebSocket: seenSocket(views.showFrame),
    // A user is watching, so reconnect sooner than a program would.
    reconnect: { maxDelayMs: 4_000 },
  });

  const person = (connectionId: string) => rooms.presence.get(connectionId) ?? { connectionId };
  const self = () => person(rooms.connectionId ?? '');
  let isDrawing = false;
  /** Draws once per animation frame, however many frames moved members. */
  const drawStage = () => {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      stage.show([...rooms.presence.values()].filter(({ connectionId }) => connectionId !== rooms.connectionId));
    });
  };
  const drawPeople = () => showPeople([...rooms.presence.values()], rooms.connectionId);

  let wasIn = false;
  rooms.on('status', (status) => {
    views.showStatus(status);
    if (status === 'reconnecting' && !wasIn) views.onDelay(false);
  });
  rooms.on('joined', ({ recovered, connectionId }) => {
    if (!wasIn) views.onDelay(true);
    wasIn = true;
    if (!recovered) chat.reset(rooms.history);
    drawPeople();
    drawStage();
    const entry = rooms.presence.get(connectionId);
    if (entry) views.showSelf(entry);
  });
  rooms.on('presence', ({ joined = [], left = [] }) => {
    for (const newcomer of joined) views.announce(`${nameOf(newcomer)} is here.`);
    if (joined.length + left.length > 0) drawPeople();
    drawStage();
  });
  rooms.on('chat', (message) => {
    chat.add(message);
    if (message.connectionId !== rooms.connectionId) views.onHeard();
  });
  rooms.on('event', ({ connectionId, event, payload }) => {
    const by = person(connectionId);
    const at = placeIn(payload) ?? { x: 0.5, y: 0.5 };
    if (event === 'ping') stage.ping(at, by);
    if (event !== 'reaction') return;
    const { emoji } = Object(payload);
    const word = wordFor(emoji);
    if (word === undefined) return;
    stage.rise(emoji, at, by);
    views.announce(`${nameOf(by)} sends ${word}.`);
  });
  rooms.on('error', views.onTrouble);
  views.showStatus(rooms.status);

  let isOver = false;
  rooms.join(roomId, name ? { name } : {}).catch((trouble: unknown) => {
    if (isOver) return;
    rooms.close();
    views.onRefused(trouble);
  });

  return {
    move(to) {
      rooms.updatePresence({ ...to });
    },
    ping(at) {
      rooms.broadcast('ping', at);
      stage.ping(at, self());
    },
    react(emoji) {
      const at = stage.place;
      rooms.broadcast('reaction', { emoji, ...at });
      stage.rise(emoji, at, self());
    },
    say: (text) => rooms.chat(text, { name: nameOf(self()) }),
    older: (than, limit) => readOlder(roomId, than.id, limit, session?.sessionKey),
    leave() {
      isOver = true;
      rooms.leave();
      rooms.close();
    },
  };
}
