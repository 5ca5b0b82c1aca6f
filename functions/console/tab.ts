/** The browser's tab. Its address names the room; its title counts the messages that arrived while it was hidden. */

export interface Tab {
  /** The room that the address names. */
  readonly wanted: string | null;
  /** Whether to join at once: this tab was in the room before a reload, or another tab opened it. */
  readonly goesStraightIn: boolean;
  /** Undefined if the user is in no room. The address keeps naming the last one. */
  show(roomId: string | undefined): void;
  onHeard(): void;
}

const roomKey = 'chorus.room';

/** A user who opens the link joins the others in the room. */
export function linkTo(roomId: string): string {
  return `${location.origin}/?room=${encodeURIComponent(roomId)}`;
}

export function openTab(): Tab {
  const wanted = new URLSearchParams(location.search).get('room');
  const goesStraightIn = wanted !== null && (wanted === remembered() || location.hash === '#join');
  let shown: string | undefined;
  let unread = 0;

  const draw = () => {
    const count = unread > 0 ? `(${unread}) ` : '';
    document.title = shown === undefined ? 'Chorus' : `${count}${shown} · Chorus`;
  };
  document.addEventListener('visibilitychange', () => {
    unread = 0;
    draw();
  });
  return {
    wanted,
    goesStraightIn,
    show(roomId) {
      shown = roomId;
      unread = 0;
      if (roomId !== undefined) history.replaceState(null, '', linkTo(roomId));
      remember(roomId);
      draw();
    },
    onHeard() {
      if (!document.hidden) return;
      unread += 1;
      draw();
    },
  };
}

function remembered(): string | null {
  try {
    return sessionStorage.getItem(roomKey);
  } catch {
    return null; // storage is disabled
  }
}

function remember(roomId: string | undefined): void {
  try {
    if (roomId === undefined) sessionStorage.removeItem(roomKey);
    else sessionStorage.setItem(roomKey, roomId);
  } catch {
    // Storage is disabled: a reload ends in the lobby.
  }
}
