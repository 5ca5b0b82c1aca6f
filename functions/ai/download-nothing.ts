/**
 * Passes URLs in messages on to the provider. Otherwise the AI SDK would fetch some of them itself, and users could
 * reach our private network.
 */
export async function downloadNothing(urls: readonly object[]): Promise<null[]> {
  return urls.map(() => null);
}
