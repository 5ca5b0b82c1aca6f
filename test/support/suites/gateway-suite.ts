import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConnectionId } from '../../../functions/core/names.ts';
import type { Gateway } from '../../../functions/core/ports.ts';

/** The other end of one connection. */
export interface Peer {
  readonly id: ConnectionId;
  /** Its first frames, so many, once they have arrived. */
  received(count: number): Promise<readonly string[]>;
  /** Resolves when the gateway has ended the connection. */
  readonly closed: Promise<unknown>;
  /** Disconnects, and the gateway knows. */
  leave(): Promise<void>;
}

export interface GatewayUnderTest {
  readonly gateway: Gateway;
  /** A connection that can be posted to. */
  open(): Promise<Peer>;
  stop(): Promise<void>;
}

/** What every `Gateway` promises, whoever holds the sockets. */
export function gatewaySuite(what: string, make: () => Promise<GatewayUnderTest>): void {
  describe(`${what}: the gateway`, () => {
    let under: GatewayUnderTest;
    beforeAll(async () => {
      under = await make();
    });
    afterAll(() => under.stop());
    const open = (count: number) => Promise.all(Array.from({ length: count }, () => under.open()));
    const ids = (peers: readonly Peer[]) => peers.map((peer) => peer.id);

    it.each([
      ['text of any alphabet', '{"text":"ä 漢 🎈 \\u2028 \\" \\\\"}'],
      ['a frame of 128 KB', 'ä'.repeat(64 * 1024)],
    ])('delivers %s unchanged', async (_what, frame) => {
      const peer = await under.open();
      expect(await under.gateway.post([peer.id], frame)).toEqual({ gone: [], failed: [] });
      expect(await peer.received(1)).toEqual([frame]);
    });

    it('delivers one frame to many', async () => {
      const peers = await open(150);
      expect(await under.gateway.post(ids(peers), 'hello')).toEqual({ gone: [], failed: [] });
      for (const peer of peers) expect(await peer.received(1)).toEqual(['hello']);
    });

    it('names those who are gone and reaches the others', async () => {
      const peers = await open(5);
      const [, second, , fourth] = peers;
      if (!second || !fourth) throw new Error('five peers were opened');
      await Promise.all([second.leave(), fourth.leave()]);
      const { gone, failed } = await under.gateway.post(ids(peers), 'still here?');
      expect([...gone].sort()).toEqual(ids([second, fourth]).sort());
      expect(failed).toEqual([]);
      for (const peer of peers)
        if (peer !== second && peer !== fourth) expect(await peer.received(1)).toEqual(['still here?']);
    });

    it('keeps the order of frames posted one after the other', async () => {
      const peer = await under.open();
      const frames = Array.from({ length: 20 }, (_, i) => `frame ${i}`);
      for (const frame of frames) await under.gateway.post([peer.id], frame);
      expect(await peer.received(frames.length)).toEqual(frames);
    });

    it('keeps concurrent broadcasts apart', async () => {
      const [left, right] = [await open(10), await open(10)];
      await Promise.all([under.gateway.post(ids(left), 'left'), under.gateway.post(ids(right), 'right')]);
      for (const peer of left) expect(await peer.received(1)).toEqual(['left']);
      for (const peer of right) expect(await peer.received(1)).toEqual(['right']);
    });

    it('posts to nobody without trouble', async () => {
      expect(await under.gateway.post([], 'nobody')).toEqual({ gone: [], failed: [] });
    });

    it('closes a connection, which is gone from then on', async () => {
      const peer = await under.open();
      await under.gateway.close(peer.id, 'signedOut');
      await peer.closed;
      expect(await under.gateway.post([peer.id], 'too late')).toEqual({ gone: [peer.id], failed: [] });
    });

    it('closes one that is gone already without trouble', async () => {
      const peer = await under.open();
      await peer.leave();
      await expect(under.gateway.close(peer.id, 'goingAway')).resolves.toBeUndefined();
    });
  });
}
