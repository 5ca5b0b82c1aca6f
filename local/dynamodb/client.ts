import { Agent, request } from 'node:http';

/** Calls the emulator directly, without the proxy that checks permissions. Only for the runtime's own upkeep. */
export interface TableClient {
  /** @throws EngineFailure with DynamoDB's own error type */
  call(operation: string, input: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  /** As `call`, for DynamoDB Streams. */
  callStreams(operation: string, input: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  close(): void;
}

/** An error answer of DynamoDB, `type` without its name space, e.g. `ResourceNotFoundException`. */
export class EngineFailure extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** Emulators require a signature of the right form, but do not check it. */
const signature =
  'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00';

export function createTableClient(endpoint: string): TableClient {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(endpoint);

  function post(target: string, input: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const body = JSON.stringify(input);
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': Buffer.byteLength(body),
      'x-amz-target': target,
      'x-amz-date': '20260101T000000Z',
      authorization: signature,
    };
    return new Promise((resolve, reject) => {
      const sent = request({ agent, hostname, port, method: 'POST', path: '/', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          try {
            // The emulator answers everything with a JSON object.
            const answer = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
            if (response.statusCode === 200) resolve(answer);
            else reject(failure(answer));
          } catch (error) {
            reject(error);
          }
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  return {
    call: (operation, input) => post(`DynamoDB_20120810.${operation}`, input),
    callStreams: (operation, input) => post(`DynamoDBStreams_20120810.${operation}`, input),
    close: () => agent.destroy(),
  };
}

function failure(answer: Record<string, unknown>): EngineFailure {
  const type = String(answer.__type ?? 'UnknownError').replace(/^.*#/, '');
  return new EngineFailure(type, String(answer.message ?? answer.Message ?? type));
}
