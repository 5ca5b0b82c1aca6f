import type { Ports } from '../../functions/core/ports.ts';
import type { Settings } from '../../functions/core/settings.ts';
import { heldClock } from './held-clock.ts';
import { type HttpReply, httpOver, type RequestOptions } from './http.ts';
import { makeWorld } from './world.ts';

/** What 1.x clients send. */
export const asOldClient = { clientId: '7d444840-9dc0-11d1-b245-5ffdce74fad2', mode: 'native', hint: 'focus' } as const;

type Known = Readonly<Record<string, number>>;

/** A small deployment for tests of nodes, with a signed-in user. */
export async function nodesWorld(settings: Partial<Settings> = {}) {
  const world = await makeWorld({ anonymous: new Set(['nodes']), ...settings });
  const { sessionKey: as, userId } = await world.signIn('somebody@example.com');
  const post = (path: string, body: unknown, options: RequestOptions = {}) =>
    world.http('POST', `/reality/${path}`, { body, ...options });
  return {
    ...world,
    as,
    userId,
    post,
    get: (path: string, options: RequestOptions = {}) => world.http('GET', `/reality/${path}`, options),
    sync: (known: Known, more: object = {}, options: RequestOptions = {}) => post('sync', { known, ...more }, options),
    /** Raises a node. @returns its version */
    async update(key: string, hash: string, more: object = {}): Promise<number> {
      const { status, body } = await post('update', { key, hash, ...more }, { as });
      if (status !== 200) throw new Error(`refused: ${JSON.stringify(body)}`);
      return body.version;
    },
    /** Requests to a process of its own, where time passes when the test says so. */
    held() {
      const clock = heldClock(world.clock.now());
      const ports: Ports = { ...world.ports, clock };
      const http = httpOver(ports);
      return {
        clock,
        ports,
        sync: (known: Known, wait: number, options: RequestOptions = {}): Promise<HttpReply> =>
          http('POST', '/reality/sync', { body: { known, wait }, ...options }),
      };
    },
  };
}
