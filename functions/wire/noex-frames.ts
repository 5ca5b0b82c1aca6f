/** noex's frames around data that is already JSON text, so that a broadcast is serialized once. */

/** The gateway closes a socket that sends a larger frame, and refuses to post one. */
export const maxFrameBytes = 128 * 1024;

/** @param id the request's own number */
export function resultFrame(id: unknown, data: string): string {
  return `{"id":${JSON.stringify(id)},"type":"result","data":${data}}`;
}

/** @param seq rises with every push of a subscription */
export function pushFrame(
  channel: 'subscription' | 'event',
  subscriptionId: string,
  data: string,
  seq?: number,
): string {
  const number = seq === undefined ? '' : `,"seq":${seq}`;
  return `{"type":"push","channel":"${channel}","subscriptionId":${JSON.stringify(subscriptionId)},"data":${data}${number}}`;
}

export function systemFrame(event: string, about: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ type: 'system', event, ...about });
}
