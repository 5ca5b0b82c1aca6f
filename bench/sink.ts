import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';

/** A worker that takes any request and answers 200, so that its CPU time is not the client's. Posts its port. */
const server = createServer((request, answer) => {
  request.resume();
  request.on('end', () => answer.end());
});
server.listen(0, '127.0.0.1', () => {
  // A server that listens on TCP has such an address.
  parentPort?.postMessage((server.address() as AddressInfo).port);
});
