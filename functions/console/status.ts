import type { Status } from '../../client/connection.ts';
import { byId } from './dom.ts';

/** Shows the state of the connection, and how long it has been lost. */
export function showStatus(): (status: Status) => void {
  const line = byId('status');
  const text = byId('status-text');
  let current: Status = 'connecting';

  const draw = () => {
    line.dataset.state = current === 'open' ? 'live' : current;
    if (current === 'open') text.textContent = 'Live';
    else if (!navigator.onLine) text.textContent = 'You are offline';
    else text.textContent = current === 'reconnecting' ? 'Reconnecting…' : 'Connecting…';
  };
  addEventListener('online', draw);
  addEventListener('offline', draw);
  draw();
  return (status) => {
    current = status;
    draw();
  };
}
