import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { startEngine } from './dynamo.ts';

/** One request as it went over the wire. */
export interface DynamoRequest {
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: DynamoDB's own JSON, of which a test reads what it expects
  readonly input: any;
}

/** Sits between this test's tables and their engine, and records the requests. Tables opened from now on use it. */
export async function watchEngine() {
  const stopEngine = await startEngine();
  const engine = process.env.TEST_DYNAMODB_ENDPOINT ?? process.env.DYNAMODB_ENDPOINT;
  if (engine === undefined) throw new Error('no engine is running');
  const requests: DynamoRequest[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    requests.push({ operation, input: JSON.parse(body) });
    const headers = Object.entries(request.headers).filter(
      ([name]) => !['host', 'connection', 'content-length'].includes(name),
    );
    const answer = await fetch(engine, {
      method: 'POST',
      headers: headers.map(([name, value]) => [name, String(value)]),
      body,
    });
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on a port');
  process.env.TEST_DYNAMODB_ENDPOINT = `http://127.0.0.1:${address.port}`;
  return {
    /** Returns the recorded requests and clears them. */
    take: () => requests.splice(0),
    async stop(): Promise<void> {
      process.env.TEST_DYNAMODB_ENDPOINT = engine;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await stopEngine();
    },
  };
}
