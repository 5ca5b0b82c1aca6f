import type { SocketConstructor } from '../../client/connection.ts';
import type { SeenFrame } from './frames.ts';

/** The browser's own WebSocket, which also passes every frame, in and out, to a callback. */
export function seenSocket(onFrame: (frame: SeenFrame) => void): SocketConstructor {
  return class extends WebSocket {
    constructor(url: string) {
      super(url);
      this.addEventListener('message', ({ data }) => onFrame({ direction: 'in', text: String(data) }));
    }

    override send(text: string): void {
      onFrame({ direction: 'out', text });
      super.send(text);
    }
  };
}
