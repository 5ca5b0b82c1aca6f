import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { signatureOf } from '../core/signed-webhook.ts';
import { valueReference } from '../memory/values.ts';
import { type Delivery, idOf } from './delivery.ts';
import { secretOf, type Webhook } from './webhook.ts';

/** How long a receiver may take to answer. Nobody reads the body of its answer. */
const patienceMs = 10_000;

export type Outcome = 'told' | 'failed' | 'unwanted';

/**
 * Delivers a change in the format of Standard Webhooks.
 * @returns `unwanted` if the receiver answers that it is gone (410)
 */
export async function send(ports: Ports, webhook: Webhook, delivery: Delivery): Promise<Outcome> {
  const { outbound, clock, secrets, log } = ports;
  const id = idOf(delivery);
  const timestamp = String(Math.floor(clock.now() / 1000));
  const body = bodyOf(ports, delivery);
  const signature = signatureOf(await secretOf(secrets, webhook.id), { id, timestamp, body });
  try {
    const { status } = await outbound.send({
      url: webhook.url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Chorus-Webhooks',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signature,
      },
      body,
      timeoutMs: patienceMs,
      maxBytes: 0,
    });
    if (status === 410) return 'unwanted';
    if (status >= 200 && status < 300) return 'told';
    log.info('webhook refused', { webhook: webhook.id, status });
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    log.info('webhook not reached', { webhook: webhook.id, why: thrown.code });
  }
  return 'failed';
}

/** The value is embedded as it is stored. */
function bodyOf(
  ports: Ports,
  { type, at, instanceId, key, text, blob, attributes, version, updatedBy }: Delivery,
): string {
  const value = text === undefined ? '' : `"value":${text},`;
  const reference = blob ? `"valueRef":${JSON.stringify(valueReference(ports, blob))},` : '';
  const named = key === undefined ? {} : { key };
  const head = JSON.stringify({ instanceId, ...named }).slice(1, -1);
  const rest = JSON.stringify({ version, updatedBy }).slice(1, -1);
  const described = attributes === undefined ? '' : `"attributes":${attributes},`;
  const data = `{${head},${value}${reference}${described}${rest}}`;
  return `{"type":${JSON.stringify(type)},"timestamp":"${new Date(at).toISOString()}","data":${data}}`;
}
