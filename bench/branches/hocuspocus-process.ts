import { Server } from '@hocuspocus/server';

/** A Yjs server that keeps documents in memory and promises nothing. Sends its address to its parent. */
const server = new Server({ port: 0, quiet: true, stopOnSignals: false, address: '127.0.0.1' });
await server.listen();
process.once('message', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
process.send?.(`ws://127.0.0.1:${server.address.port}`);
