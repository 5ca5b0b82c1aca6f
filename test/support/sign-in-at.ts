/** Signs in at a running Chorus with the code that its outbox shows. @returns the session key */
export async function signInAt(url: string, address: string): Promise<string> {
  const { userId, requestId } = await post(`${url}/api/v2/login`, { address, addressType: 'email' });
  const mails = await jsonOf(await fetch(`${url}/local/outbox?address=${address}`));
  const { sessionKey } = await post(`${url}/api/v2/completeLogin`, { userId, requestId, code: mails.at(-1).code });
  return sessionKey;
}

const post = async (url: string, body: object) =>
  jsonOf(await fetch(url, { method: 'POST', body: JSON.stringify(body) }));

/** A test reads what it expects; a wrong guess fails the test. */
const jsonOf = async (response: Response) => JSON.parse(await response.text());
