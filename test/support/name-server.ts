import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A DNS server under the test's control. */
export interface NameServer {
  /** As the setting `DNS_SERVERS` has it. */
  readonly address: string;
  /** Each `type name` that was requested, in order. */
  readonly asked: readonly string[];
  close(): void;
}

const types = { 1: 'A', 28: 'AAAA' } as const;

/**
 * Answers over UDP with the addresses that `zone` gives for the requested type; none: the name does not exist;
 * undefined: no answer. `count` is how often this type of this name was requested before.
 * @param zone gives IPv4 addresses in four parts, and IPv6 addresses in eight groups
 */
export async function startNameServer(
  zone: (name: string, type: 'A' | 'AAAA', count: number) => readonly string[] | undefined,
): Promise<NameServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const { name, end } = nameIn(query);
    const type = types[query.readUInt16BE(end) as keyof typeof types]; // Resolvers here ask for no other
    const count = asked.filter((one) => one === `${type} ${name}`).length;
    asked.push(`${type} ${name}`);
    const answers = zone(name, type, count);
    if (answers) socket.send(reply(query, end + 4, answers), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, asked, close: () => socket.close() };
}

/** The one name in a query, which follows the header of twelve bytes. */
function nameIn(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.'), end: at + 1 };
}

function reply(query: Buffer, endOfQuestion: number, answers: readonly string[]): Buffer {
  const header = Buffer.from(query.subarray(0, 12));
  const isUnknown = answers.length === 0;
  header.writeUInt16BE(isUnknown ? 0x8183 : 0x8180, 2);
  header.writeUInt16BE(answers.length, 6);
  header.writeUInt32BE(0, 8);
  const records = answers.map((answer) => {
    const bytes = answer.includes(':')
      ? Buffer.from(
          answer
            .split(':')
            .map((group) => group.padStart(4, '0'))
            .join(''),
          'hex',
        )
      : Buffer.from(answer.split('.').map(Number));
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(bytes.length === 4 ? 1 : 28, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([header, query.subarray(12, endOfQuestion), ...records]);
}
