import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { createTableClient, type TableClient } from '../../local/dynamodb/client.ts';
import { type Engine, startEngine } from '../../local/dynamodb/engine.ts';
import { connectionToken } from '../support/connection-token.ts';
import { eventually } from '../support/eventually.ts';

/** The functions as they are deployed, with the stream and the grants of the template; and a look at what is left behind. */
let running: RunningChorus;
let engine: Engine;
let tables: TableClient;
const said: string[] = [];
let account: { readonly userId: string; readonly sessionKey: string; readonly connectionKey: string };
beforeAll(async () => {
  engine = await startEngine();
  tables = createTableClient(engine.endpoint);
  const env = { DYNAMODB_ENDPOINT: engine.endpoint };
  running = await startChorus({ port: 0, log: (line) => said.push(line), fresh: true, env });
  const address = 'owner@example.com';
  const { userId, requestId } = await ask('POST', '/api/v2/login', { address, addressType: 'email' });
  const outbox = await fetch(`${running.url}/local/outbox?address=${address}`);
  const [{ code }] = (await outbox.json()) as [{ code: string }]; // the outbox's documented answer
  account = await ask('POST', '/api/v2/completeLogin', { userId, requestId, code });
});
afterAll(async () => {
  await running.stop();
  tables.close();
  await engine.stop();
});

async function ask(method: string, path: string, body: object) {
  const headers = account === undefined ? {} : { authorization: `Bearer ${account.sessionKey}` };
  const answer = await fetch(running.url + path, { method, headers, body: JSON.stringify(body) });
  return JSON.parse(await answer.text());
}

/** Says each when the one before has been answered. @returns the answers */
async function talk(inst: string, messages: readonly object[]) {
  const socket = new WebSocket(`${running.url.replace('http', 'ws')}/api/v2/websocket`, 'casualos.records');
  await once(socket, 'open');
  const token = { connectionId: 'one', recordName: account.userId, inst };
  const login = { type: 'login', connectionToken: connectionToken(account.connectionKey, token) };
  const answers = [];
  for (const [at, message] of [login, ...messages].entries()) {
    socket.send(JSON.stringify([1, at + 1, message]));
    const [data] = await once(socket, 'message');
    answers.push(JSON.parse(String(data)).at(-1));
  }
  socket.close();
  return answers.slice(1);
}

/** Partition keys of all rows that hold something of branches, or say that it has to be erased. */
async function rowsLeft(): Promise<string[]> {
  const { TableNames } = (await tables.call('ListTables', {})) as { TableNames: string[] };
  const scans = await Promise.all(TableNames.map((TableName) => tables.call('Scan', { TableName })));
  const items = scans.flatMap(
    ({ Items }) => Items as { pk: { S: string }; state?: { S: string }; sealed?: object; ttl?: object }[],
  );
  return (
    items
      // Numbers that nobody may use any more are closed for a while; what says so goes by itself.
      .filter(({ sealed, ttl }) => !(sealed && ttl))
      .filter(({ pk }) => /^(HEAD|LOG|SNAPSHOTS?|LOOSE|INSTS|INSTM|ERASURE)#/.test(pk.S))
      .map(({ pk, state }) => (pk.S.split('#')[0] ?? '') + (state ? ` ${state.S}` : ''))
      .toSorted()
  );
}

describe('an inst of a running Chorus', () => {
  it('is made, listed and deleted, and of its branches nothing is left a moment later', async () => {
    const inst = 'to be deleted';
    const branches = ['default', 'other'].map((branch) => ({ recordName: account.userId, inst, branch }));
    const updates = branches.flatMap((branch) =>
      [1, 2].map((updateId) => ({ type: 'repo/add_updates', ...branch, updates: [`AAA${updateId}`], updateId })),
    );
    expect(await talk(inst, updates)).toEqual(
      Array(4).fill(expect.objectContaining({ type: 'repo/updates_received' })),
    );
    const recordName = account.userId;
    const listed = await ask('POST', '/api/v3/callProcedure', { procedure: 'listInsts', input: { recordName } });
    expect(listed).toMatchObject({ insts: [{ inst, markers: ['private'] }], totalCount: 1 });
    expect(await rowsLeft()).toEqual(['HEAD', 'HEAD', 'INSTM', 'INSTS', ...Array(4).fill('LOG')]);
    expect(await ask('DELETE', '/api/v2/records/insts', { recordName, inst })).toEqual({ success: true });
    const nothing = ['ERASURE waiting'];
    await eventually(rowsLeft, (rows) => JSON.stringify(rows) === JSON.stringify(nothing));
    const failures = said.filter((line) => /failed|error/i.test(line));
    expect(failures).toEqual([]);
  });
});
