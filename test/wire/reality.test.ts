import { describe, expect, it } from '@jest/globals';
import { maxBodyBytes } from '../../functions/http/event.ts';
import { nodesWorld } from '../support/nodes.ts';

const world = await nodesWorld();

describe('paths of nodes', () => {
  it.each([
    ['GET', '/reality/sync', 'POST, OPTIONS'],
    ['PUT', '/reality/sync', 'POST, OPTIONS'],
    ['GET', '/reality/update', 'POST, OPTIONS'],
    ['DELETE', '/reality/invalidate', 'POST, OPTIONS'],
    ['POST', '/reality/versions', 'GET, OPTIONS'],
    ['POST', '/reality/events', 'GET, OPTIONS'],
    ['POST', '/reality/health', 'GET, OPTIONS'],
    ['POST', '/reality/', 'GET, OPTIONS'],
    ['HEAD', '/reality/stats', 'GET, OPTIONS'],
    ['PATCH', '/reality/nodes', 'GET, DELETE, OPTIONS'],
  ])('%s %s is known, and not to be used so', async (method, path, allow) => {
    const { status, body, headers } = await world.http(method, path, { body: {} });
    expect([status, body]).toEqual([405, { error: 'Method not allowed' }]);
    expect(headers.allow).toBe(allow);
  });

  it.each([
    ['GET', '/reality/nowhere'],
    ['POST', '/reality/sync/'],
    ['POST', '/reality/Sync'],
    ['GET', '/reality//health'],
  ])('%s %s is unknown', async (method, path) => {
    const { status, body } = await world.http(method, path, { body: {} });
    expect([status, body]).toEqual([404, { error: 'Not found' }]);
  });

  it('that only begin alike are others’', async () => {
    expect((await world.http('OPTIONS', '/realityshow')).headers).not.toHaveProperty('access-control-expose-headers');
  });

  it.each(['/reality/sync', '/reality/nowhere', '/reality'])('let pages ask, as %s says', async (path) => {
    const { status, headers, text } = await world.http('OPTIONS', path, { headers: { origin: 'https://a.example' } });
    expect([status, text]).toEqual([204, '']);
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    expect(headers['access-control-allow-methods']).toBe('GET, POST, DELETE, OPTIONS');
    const allowed = headers['access-control-allow-headers']?.split(', ');
    for (const name of ['Content-Type', 'Authorization', 'X-Reality-Server', 'X-Reality-Gossip', 'X-Reality-Version']) {
      expect(allowed).toContain(name);
    }
  });

  it('let pages read every answer and its headers, refusals too', async () => {
    for (const [method, path, body] of [
      ['POST', '/reality/sync', { known: {} }],
      ['POST', '/reality/sync', { known: 7 }],
      ['POST', '/reality/update', { key: 'k', hash: 'h' }],
      ['GET', '/reality/sync', undefined],
      ['GET', '/reality/nowhere', undefined],
    ] as const) {
      const { headers } = await world.http(method, path, { body });
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers['access-control-expose-headers']).toBe('X-Reality-Server, X-Reality-Gossip, X-Reality-Version');
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  it('refuse bodies that are too large', async () => {
    const body = JSON.stringify({ known: {}, filler: 'x'.repeat(maxBodyBytes) });
    const { status, body: answer } = await world.http('POST', '/reality/sync', { body });
    expect([status, answer]).toEqual([413, { error: expect.any(String) }]);
  });
});
