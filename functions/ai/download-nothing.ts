/**
 * What messages refer to by URL goes to the provider as it is. The AI SDK would fetch itself what a model does not, and so
 * reach from within where strangers must not.
 */
export async function downloadNothing(urls: readonly object[]): Promise<null[]> {
  return urls.map(() => null);
}
