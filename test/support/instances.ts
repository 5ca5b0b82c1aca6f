import { type HttpReply, httpOver } from './http.ts';
import { socketWorld } from './sockets.ts';
import { makeWorld, type SignedIn, signIn as signInOver, type World } from './world.ts';

/** Requests for projects and instances, over HTTP. */
export function instancesOver(world: Pick<World, 'http' | 'signIn'>) {
  const { http } = world;
  let count = 0;

  async function made(reply: Promise<HttpReply>) {
    const { status, body } = await reply;
    if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body;
  }

  return {
    /** A new user. */
    person: (): Promise<SignedIn> => world.signIn(`person-${++count}-${Math.random()}@example.com`),
    project: (as: string, name = 'Garden'): Promise<{ id: string; defaultInstanceId: string }> =>
      made(http('POST', '/api/projects', { body: { name }, as })),
    instance: (as: string, projectId: string, more: object = {}): Promise<{ id: string; name: string }> =>
      made(http('POST', `/api/projects/${projectId}/instances`, { body: { name: 'other', ...more }, as })),
    /** @param what e.g. `projects/{id}` */
    share: (as: string, what: string, body: object): Promise<{ id: string }> =>
      made(http('POST', `/api/${what}/shares`, { body, as })),
    group: (as: string, name = 'Gardeners'): Promise<{ id: string }> =>
      made(http('POST', '/api/groups', { body: { name }, as })),
    joins: (as: string, groupId: string, userId: string): Promise<unknown> =>
      made(http('POST', `/api/groups/${groupId}/members`, { body: { userId }, as })),
    key: (as: string, body: object): Promise<{ id: string; key: string }> =>
      made(http('POST', '/api/keys', { body: { name: 'script', ...body }, as })),
    token: (as: string, instanceId: string, permission?: string): Promise<{ token: string }> =>
      made(http('POST', '/api/ws-token', { body: { instanceId, ...(permission ? { permission } : {}) }, as })),
  };
}

/** A world with a queue that processes what requests started, and a clock that moves when something waits. */
export async function instancesWorld() {
  const base = await makeWorld();
  const sockets = socketWorld(base.ports);
  const http = httpOver(sockets.ports);
  const signIn = (address: string) => signInOver(http, base.outbox, address);
  return { ...sockets, ...instancesOver({ http, signIn }), http, clock: base.clock, log: base.log };
}
