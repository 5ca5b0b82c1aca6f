import { openChat } from './chat.ts';
import { byId, onClick } from './dom.ts';
import { nameOf, type Shown } from './faces.ts';
import { showFrames } from './frames.ts';
import { openLobby } from './lobby.ts';
import { complain, letDismiss, notify } from './notice.ts';
import { letSwitchPanels } from './panels.ts';
import { showReactions } from './reactions.ts';
import { forget, type Session, signOut, storedSession } from './session.ts';
import { offerLink } from './share.ts';
import { signInDialog } from './sign-in.ts';
import { openStage } from './stage.ts';
import { showStatus } from './status.ts';
import { openTab } from './tab.ts';
import { type Visit, type VisitViews, visit } from './visit.ts';
import { inWords } from './words.ts';

/** The page at `/`: a lobby and a room. Its parts do not know each other; this file connects them. */

let session = storedSession();
let takeBack = () => {};
let current: { readonly roomId: string; readonly visit: Visit } | undefined;

const tab = openTab();
const lobby = openLobby(tab.wanted, enter);
const showRoom = offerLink();
const askToSignIn = signInDialog(startOver);
const views: VisitViews = {
  stage: openStage({
    moved: (to) => current?.visit.move(to),
    pinged: (at) => current?.visit.ping(at),
  }),
  chat: openChat({
    say: async (text) => current?.visit.say(text),
    older: async (than, limit) => (await current?.visit.older(than, limit)) ?? [],
  }),
  showStatus: showStatus(),
  showFrame: showFrames(),
  showSelf: (self) => showWho(self),
  onHeard: tab.onHeard,
  announce(text) {
    byId('announcer').textContent = text;
  },
  onTrouble: complain,
  onDelay(isOver) {
    takeBack();
    if (isOver) return;
    takeBack = notify(`The server has not let you in yet.${session ? '' : ' It may ask guests to sign in first.'}`);
  },
  onRefused(trouble) {
    leave();
    if (session) complain(trouble);
    else askToSignIn(inWords(trouble));
  },
  onSessionEnded() {
    forget();
    startOver(undefined);
    notify('Your session has ended. You are here as a guest; sign in again to be known by your address.');
  },
};

showReactions((emoji) => current?.visit.react(emoji));
letSwitchPanels();
letDismiss();
onClick('leave', leave);
onClick('sign-in', askToSignIn);
onClick('sign-out', () => {
  if (session) void signOut(session);
  startOver(undefined);
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) current?.visit.move(undefined);
});
show(session);
document.body.dataset.view = 'lobby';
if (tab.wanted !== null && tab.goesStraightIn) enter(tab.wanted);

function enter(roomId: string): void {
  current?.visit.leave();
  notify('');
  document.body.dataset.view = 'room';
  tab.show(roomId);
  showRoom(roomId);
  const identity = session ? {} : { name: lobby.guestName };
  current = { roomId, visit: visit({ roomId, ...identity, session }, views) };
  focusOn('say-text', 'room-name');
}

function leave(): void {
  current?.visit.leave();
  current = undefined;
  notify('');
  document.body.dataset.view = 'lobby';
  tab.show(undefined);
  show(session);
  focusOn('join-room', 'join-title');
}

/**
 * The focused element is hidden now. On a phone, focusing a field would open the keyboard, so the heading gets the
 * focus.
 */
function focusOn(field: string, heading: string): void {
  byId(matchMedia('(pointer: fine)').matches ? field : heading, HTMLElement).focus();
}

/** A socket belongs to one user for its whole life, so signing in or out means joining the room again. */
function startOver(as: Session | undefined): void {
  show(as);
  if (current) enter(current.roomId);
}

function show(as: Session | undefined): void {
  session = as;
  lobby.showIdentity(as);
  byId('sign-in').hidden = as !== undefined;
  byId('sign-out').hidden = as === undefined;
  showWho(as && { connectionId: '', email: as.address });
}

function showWho(person: Shown | undefined): void {
  const who = byId('me');
  who.textContent = person ? nameOf(person) : '';
  who.hidden = person === undefined;
}
