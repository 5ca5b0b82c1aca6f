import { afterAll, expect, it } from '@jest/globals';
import { ex } from '../../functions/core/expression.ts';
import { keys } from '../../functions/core/keys.ts';
import { aiWorld, eventsIn } from '../support/ai-world.ts';
import { startFakeClerk } from '../support/fake-clerk.ts';

let now = () => 0;
const clerk = await startFakeClerk(() => now());
const world = await aiWorld('responses', { clerk: clerk.settings });
now = () => world.clock.now();
afterAll(() => {
  world.stop();
  clerk.close();
});

const token = (sub = 'user_1') => clerk.token({ sub });
const project = await world.http('POST', '/api/projects', { as: await token(), body: { name: 'p' } });
const instanceId: string = project.body.defaultInstanceId;

it('an image that takes long is kept, though the token it was asked for with is over by then', async () => {
  const as = await token();
  await world.clock.wait(20_000);
  const wanted = { instanceId, outputKey: 'slow', prompt: 'A cat' };
  const { status, body } = await world.post('/api/generate-image', wanted, as);
  expect(status).toBe(202);
  world.fireworks.next(...Array(30).fill({ status: 'Pending' }), { status: 'Ready', result: { sample: 'QUJD' } });
  await world.functions.workOff();
  expect((await world.http('GET', `/api/instances/${instanceId}`, { as })).status).toBe(401);
  const job = await world.http('GET', `/api/jobs/${body.jobId}`, { as: await token() });
  expect(job.body).toEqual({ status: 'done' });
});

it('a conversation goes on when the token it was begun with is over, until its user is banned', async () => {
  const later = () => world.clock.wait(61_000);
  const ban = async () => {
    const { ownerId } = (await world.ports.table.get(keys.project(project.body.id))) ?? {};
    await world.ports.table.update(keys.user(String(ownerId) as never), ex`SET banTimeMs = ${1}`);
  };
  world.openAi.next(
    { call: [{ name: 'write_key', input: { key: 'late', value: 1 } }], wait: later },
    { call: [{ name: 'read_key', input: { key: 'late' } }], wait: ban },
    { say: ['Done'] },
  );
  const messages = [{ role: 'user', content: 'Hello' }];
  const { text } = await world.post('/api/chat', { instanceId, messages }, await token());
  const outputs = eventsIn(text).filter(({ type }) => type === 'tool-output-available');
  expect(outputs.map(({ output }) => output)).toEqual([
    { success: true, key: 'late', value: 1 },
    { error: expect.any(String) },
  ]);
});
