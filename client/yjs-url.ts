/** The URL of a branch's socket. @param url of the deployment: its edge, a laptop, or a stage of API Gateway */
export function socketUrl(url: string, record: string | null, inst: string, branch: string): string {
  const names = [inst, branch].map(encodeURIComponent);
  // A record named `-` must not look like an absent one.
  const first = record === null ? '-' : record === '-' ? '%2D' : encodeURIComponent(record);
  const path = `/yjs/${[first, ...names].join('/')}`;
  const base = url.replace(/^http/, 'ws').replace(/\/+$/, '');
  // API Gateway supports no socket paths: its own URLs take the path in the query.
  return /^wss?:\/\/[^/]*\.execute-api\./.test(base) ? `${base}?path=${encodeURIComponent(path)}` : `${base}${path}`;
}
