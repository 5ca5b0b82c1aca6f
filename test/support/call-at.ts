/**
 * Sends a request to a running Chorus, with a credential. Resolves with the body, of which a test reads what it
 * expects.
 */
export async function callAt(url: string, method: string, path: string, as: string, body?: unknown) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return jsonOf(await response.text());
}

/** A wrong guess at what is in it fails the test. */
export const jsonOf = (text: string) => JSON.parse(text);
