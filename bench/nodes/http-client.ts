import { Agent, request } from 'node:http';

/** Sends requests over connections that stay open. Resolves with the parsed body. */
export interface NodesClient {
  // Each benchmark reads what it asked for.
  // biome-ignore lint/suspicious/noExplicitAny: any JSON may come in
  post(path: string, body: object): Promise<any>;
  close(): void;
}

/** @param token of a signed-in user */
export function openNodesClient(socketUrl: string, token = ''): NodesClient {
  const origin = new URL(socketUrl).origin.replace(/^ws/, 'http');
  const agent = new Agent({ keepAlive: true });
  const headers = { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
  return {
    post: (path, body) =>
      new Promise((resolve, reject) => {
        const asked = request(`${origin}/reality/${path}`, { method: 'POST', agent, headers }, (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (part: string) => {
            text += part;
          });
          answer.on('end', () => {
            if (answer.statusCode === 200) resolve(JSON.parse(text));
            else reject(new Error(`${path} was answered with ${answer.statusCode}: ${text}`));
          });
        });
        asked.on('error', reject);
        asked.end(JSON.stringify(body));
      }),
    close: () => agent.destroy(),
  };
}
