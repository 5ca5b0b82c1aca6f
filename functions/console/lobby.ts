import { byId, onSubmit } from './dom.ts';
import type { Session } from './session.ts';
import { socketUrl } from './visit.ts';

/** The lobby: which room to join, and under what name. */

export interface Lobby {
  showIdentity(session: Session | undefined): void;
  /** The name that a guest chose; '' if none. */
  readonly guestName: string;
}

const nameKey = 'chorus.name';

export function openLobby(wanted: string | null, onJoin: (roomId: string) => void): Lobby {
  const room = byId('join-room', HTMLInputElement);
  const name = byId('join-name', HTMLInputElement);
  byId('socket-url').textContent = socketUrl;
  room.value = wanted || inventRoom();
  name.value = remembered();
  onSubmit(byId('join', HTMLFormElement), async () => {
    remember(name.value.trim());
    onJoin(room.value.trim() || inventRoom());
  });
  return {
    showIdentity(session) {
      byId('join-as-guest').hidden = session !== undefined;
      byId('join-identity').textContent = session
        ? `You join as ${session.address}, which everybody in the room sees.`
        : 'You join as a guest. Once signed in, you are shown by your address.';
    },
    get guestName() {
      return name.value.trim();
    },
  };
}

const firsts = [
  'amber',
  'brisk',
  'calm',
  'clear',
  'early',
  'gentle',
  'golden',
  'lively',
  'mellow',
  'quiet',
  'silver',
  'sunny',
];
const seconds = [
  'alto',
  'ballad',
  'cello',
  'chorale',
  'descant',
  'fugue',
  'harbor',
  'lantern',
  'madrigal',
  'meadow',
  'refrain',
  'sonata',
];

/** Easy to say on the phone. Users who want to be alone choose a longer one. */
function inventRoom(): string {
  const pick = (words: readonly string[]) => words[Math.floor(Math.random() * words.length)] ?? '';
  return `${pick(firsts)}-${pick(seconds)}-${Math.floor(Math.random() * 90) + 10}`;
}

function remembered(): string {
  try {
    return localStorage.getItem(nameKey) ?? '';
  } catch {
    return ''; // storage is disabled
  }
}

function remember(name: string): void {
  try {
    localStorage.setItem(nameKey, name);
  } catch {
    // Storage is disabled: the name lasts as long as the page.
  }
}
