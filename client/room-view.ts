import type {
  ChatMessagePayload,
  PresenceEntry,
  PresenceUpdatedPayload,
  RoomJoinedPayload,
  StoredChatMessage,
} from './protocol.ts';

/** The client's view of its room: members' presence and chat messages, each message once, by its id. */
export interface RoomView {
  readonly presence: ReadonlyMap<string, PresenceEntry>;
  readonly history: readonly StoredChatMessage[];
  /** Takes over a snapshot; the messages of a recovered one follow later. */
  enter(snapshot: RoomJoinedPayload): void;
  apply(change: PresenceUpdatedPayload): void;
  setPresence(entry: PresenceEntry): void;
  /** False when the message was already known. */
  add(message: ChatMessagePayload): boolean;
  clear(): void;
}

/** How many ids to remember, more than messages: a resume never repeats older ones. */
const KNOWN_IDS = 5_000;

export function createRoomView(historyLimit: number): RoomView {
  const presence = new Map<string, PresenceEntry>();
  let history: ChatMessagePayload[] = [];
  const known = new Set<string>();

  /** Remembers the message. */
  function isNew({ id }: StoredChatMessage): boolean {
    if (known.has(id)) return false;
    known.add(id);
    for (const oldest of known) {
      if (known.size <= KNOWN_IDS + historyLimit) break;
      known.delete(oldest);
    }
    return true;
  }

  return {
    presence,
    get history() {
      return history;
    },
    enter(snapshot) {
      presence.clear();
      for (const entry of Object.values(snapshot.presence)) presence.set(entry.connectionId, entry);
      for (const message of snapshot.chatHistory) isNew(message);
      if (!snapshot.recovered) history = snapshot.chatHistory.slice(-historyLimit);
    },
    apply({ joined = [], left = [], updated = [] }) {
      for (const entry of joined) presence.set(entry.connectionId, entry);
      for (const connectionId of left) presence.delete(connectionId);
      for (const entry of updated) presence.set(entry.connectionId, entry);
    },
    setPresence(entry) {
      presence.set(entry.connectionId, entry);
    },
    add(message) {
      if (!isNew(message)) return false;
      let at = history.length;
      while (at > 0 && isAfter(history[at - 1], message)) at -= 1;
      // A new array, so that code which compares arrays sees the change.
      history = history.toSpliced(at, 0, message).slice(-historyLimit);
      return true;
    },
    clear() {
      presence.clear();
      history = [];
      known.clear();
    },
  };
}

/** Arrival order may differ from the log's between senders; the log's is the same for all. */
function isAfter(a: ChatMessagePayload | undefined, b: ChatMessagePayload): boolean {
  return a?.sequence !== undefined && b.sequence !== undefined && a.sequence > b.sequence;
}
