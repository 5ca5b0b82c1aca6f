/** Where the socket of a branch is. @param url of the deployment: of its edge, a laptop's, or a stage of API Gateway's */
export function socketUrl(url: string, record: string | null, inst: string, branch: string): string {
  const names = [inst, branch].map(encodeURIComponent);
  // A record called - is none that is missing.
  const first = record === null ? '-' : record === '-' ? '%2D' : encodeURIComponent(record);
  const path = `/yjs/${[first, ...names].join('/')}`;
  const base = url.replace(/^http/, 'ws').replace(/\/+$/, '');
  // API Gateway knows no paths of sockets: its own URLs take it in the query.
  return /^wss?:\/\/[^/]*\.execute-api\./.test(base) ? `${base}?path=${encodeURIComponent(path)}` : `${base}${path}`;
}
