import { systemClock } from './clock.ts';
import { globalSocket, keepConnected, type Status } from './connection.ts';
import { RoomsError } from './errors.ts';
import { encode, parse, randomId } from './frames.ts';
import { createListeners } from './listeners.ts';
import { createOutbox } from './outbox.ts';
import { createPlace, type Place } from './place.ts';
import * as protocol from './protocol.ts';
import { createRoomView } from './room-view.ts';
import type { Joined, JoinOptions, Rooms, RoomsEvents, RoomsOptions } from './rooms-types.ts';
import { createThrottle } from './throttle.ts';

/** The room this client wants to be in. */
interface Target {
  readonly roomId: string;
  readonly options: JoinOptions;
  readonly place: Place;
  presence: protocol.Presence;
  /** Whether it was joined on the current socket. */
  isJoined: boolean;
  readonly resolve: (joined: Joined) => void;
  readonly reject: (error: RoomsError) => void;
}

/** The most events that wait for the socket; with more, the oldest are dropped. */
const MOST_WAITING_EVENTS = 100;
/** Refusals of a join that another attempt would not change. */
const FINAL_REFUSALS = ['FORBIDDEN', 'INVALID_MESSAGE', 'PAYLOAD_TOO_LARGE'];

/**
 * Rooms for browsers and Node: one socket, one room at a time. The client reconnects and rejoins by itself. Missed chat
 * messages arrive before newer ones, in order and once; messages without an echo are sent again and stored once. Events
 * only reach current members and are not stored.
 * @throws RoomsError NO_WEBSOCKET if there is no global WebSocket and none is given
 */
export function connectRooms(options: RoomsOptions): Rooms {
  const { clock = systemClock, answerTimeoutMs = 10_000 } = options;
  const listeners = createListeners<RoomsEvents>();
  const view = createRoomView(options.historyLimit ?? 500);
  const ownConnections = new Set<string>();
  let connectionId: string | undefined;
  let target: Target | undefined;
  let waitingEvents: string[] = [];
  let cancelJoinTimer = () => {};

  const connection = keepConnected({
    url: options.url,
    token: options.token,
    WebSocket: options.WebSocket ?? globalSocket(),
    clock,
    random: options.random ?? Math.random,
    minDelayMs: options.reconnect?.minDelayMs ?? 500,
    maxDelayMs: options.reconnect?.maxDelayMs ?? 30_000,
    onStatus,
    onFrame: receive,
    onError: (error) => listeners.emit('error', error),
  });
  const outbox = createOutbox({
    clock,
    answerTimeoutMs,
    send: (text) => connection.send(text),
    onSilence: () => connection.restart(),
  });
  const throttle = createThrottle<protocol.Presence>(clock, options.presenceThrottleMs ?? 100, (presence) => {
    connection.send(encode({ type: protocol.MSG_UPDATE_PRESENCE, payload: { presence } }));
  });

  function onStatus(status: Status): void {
    if (status === 'open') enter();
    else {
      cancelJoinTimer();
      throttle.reset();
      outbox.disconnected();
      if (target) target.isJoined = false;
    }
    listeners.emit('status', status);
  }

  /** Joins on the current socket and sends what was waiting; the server processes it in this order. */
  function enter(): void {
    if (!target) return;
    const { roomId, presence, place } = target;
    const payload = { roomId, presence, ...identity(target.options), resume: place.resume() };
    if (!connection.send(encode({ type: protocol.MSG_JOIN_ROOM, payload }))) return;
    cancelJoinTimer();
    cancelJoinTimer = clock.after(answerTimeoutMs, () => connection.restart());
    for (const text of waitingEvents) connection.send(text);
    waitingEvents = [];
    outbox.resend(roomId);
  }

  function receive(text: string): void {
    const message = parse(text);
    if (!message) return;
    const { type, payload } = message;
    if (type === protocol.MSG_ERROR) {
      onRefusal(new RoomsError(payload.code, payload.message));
      return;
    }
    if (type === protocol.MSG_CHAT_MESSAGE) settleOwn(payload);
    // Late frames of a room that was left are ignored.
    if (payload.roomId !== target?.roomId) return;
    if (type === protocol.MSG_ROOM_JOINED) onJoined(target, payload);
    else if (type === protocol.MSG_CHAT_MESSAGE) onChat(target, payload);
    else if (type === protocol.MSG_BROADCAST_EVENT_RELAY) listeners.emit('event', payload);
    else if (type === protocol.MSG_PRESENCE_UPDATED && target.isJoined) onPresence(payload);
  }

  function onJoined(entered: Target, snapshot: protocol.RoomJoinedPayload): void {
    const { roomId, epoch, sequence, recovered = false } = snapshot;
    cancelJoinTimer();
    entered.isJoined = true;
    connectionId = snapshot.connectionId;
    ownConnections.add(connectionId);
    // The recovered messages have not arrived yet, so the place stays.
    if (!recovered && epoch !== undefined && sequence !== undefined) entered.place.start(epoch, sequence);
    view.enter(snapshot);
    showOwnPresence(entered); // A presence set during the join is newer than the snapshot's.
    snapshot.chatHistory.forEach(settleOwn);
    const joined = { roomId, connectionId, recovered };
    entered.resolve(joined);
    listeners.emit('joined', joined);
  }

  function onChat(room: Target, message: protocol.ChatMessagePayload): void {
    if (message.sequence !== undefined) room.place.note(message.sequence);
    if (view.add(message)) listeners.emit('chat', message);
  }

  function settleOwn(message: protocol.StoredChatMessage): void {
    if (ownConnections.has(message.connectionId)) outbox.settle(message);
  }

  function onPresence(change: protocol.PresenceUpdatedPayload): void {
    const { joined = [], left = [], updated = [] } = change;
    if (joined.length + left.length + updated.length === 0) return; // only keeps the socket awake
    view.apply(change);
    listeners.emit('presence', change);
  }

  function onRefusal(error: RoomsError): void {
    outbox.refused(error);
    if (target && !target.isJoined && FINAL_REFUSALS.includes(error.code)) {
      giveUp(error);
      outbox.abandon(error);
    }
    listeners.emit('error', error);
  }

  function showOwnPresence({ presence }: Target): void {
    const entry = connectionId === undefined ? undefined : view.presence.get(connectionId);
    if (entry) view.setPresence({ ...entry, presence });
  }

  /** Ends this client's join of the room. */
  function giveUp(error: RoomsError): void {
    const given = target;
    target = undefined;
    connectionId = undefined;
    cancelJoinTimer();
    throttle.reset();
    waitingEvents = [];
    view.clear();
    given?.reject(error);
  }

  function demandOpen(): void {
    if (connection.status === 'closed') throw closed();
  }

  return {
    get status() {
      return connection.status;
    },
    get roomId() {
      return target?.roomId;
    },
    get connectionId() {
      return connectionId;
    },
    presence: view.presence,
    get history() {
      return view.history;
    },
    join(roomId, joining = {}) {
      return quietly((resolve, reject) => {
        demandOpen();
        const { presence = {} } = joining;
        // Refuses a join that is too large before the client leaves its current room for it.
        encode({ type: protocol.MSG_JOIN_ROOM, payload: { roomId, presence, ...identity(joining), resume: true } });
        if (target && target.roomId !== roomId) outbox.left(target.roomId);
        giveUp(new RoomsError('LEFT_ROOM', 'A room was joined after this.'));
        target = { roomId, options: joining, place: createPlace(clock), presence, isJoined: false, resolve, reject };
        enter();
      });
    },
    leave() {
      if (!target) return;
      const { roomId } = target;
      outbox.left(roomId);
      giveUp(new RoomsError('LEFT_ROOM', 'The room was left.'));
      connection.send(encode({ type: protocol.MSG_LEAVE_ROOM, payload: { roomId } }));
    },
    updatePresence(presence) {
      demandOpen();
      encode({ type: protocol.MSG_UPDATE_PRESENCE, payload: { presence } });
      if (!target) return;
      target.presence = presence;
      showOwnPresence(target);
      if (connection.status === 'open') throttle.push(presence); // else the next join brings it
    },
    broadcast(event, payload) {
      demandOpen();
      const relayed = payload === undefined ? { event } : { event, payload };
      const text = encode({ type: protocol.MSG_BROADCAST_EVENT, payload: relayed });
      if (!target) return false;
      if (!connection.send(text)) waitingEvents = [...waitingEvents, text].slice(-MOST_WAITING_EVENTS);
      return true;
    },
    chat(message, metadata) {
      return quietly((resolve, reject) => {
        demandOpen();
        if (!target) throw new RoomsError('NOT_IN_ROOM', 'Join a room first.');
        const payload = { message, ...(metadata !== undefined && { metadata }), messageId: randomId() };
        const text = encode({ type: protocol.MSG_SEND_CHAT, payload });
        outbox.add({ roomId: target.roomId, payload, text, resolve, reject });
      });
    },
    on: (name, listener) => listeners.on(name, listener),
    close() {
      giveUp(closed());
      outbox.abandon(closed());
      connection.close();
    },
  };
}

function identity({ name, email }: JoinOptions): JoinOptions {
  return { ...(name !== undefined && { name }), ...(email !== undefined && { email }) };
}

function closed(): RoomsError {
  return new RoomsError('CLOSED', 'This client was closed.');
}

/** A promise whose unhandled rejection does not end the program; an exception in `start` rejects it. */
function quietly<T>(start: (resolve: (value: T) => void, reject: (error: RoomsError) => void) => void): Promise<T> {
  const promise = new Promise<T>(start);
  promise.catch(() => {});
  return promise;
}
