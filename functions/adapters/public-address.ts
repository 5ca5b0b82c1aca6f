import { BlockList } from 'node:net';

/** Networks that are not part of the public internet, or not assigned in it (RFC 6890 and its successors). */
const notPublic4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Metadata services of AWS, which answer with credentials.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** The network of public hosts; then the networks inside it that are not public. */
const public6: readonly (readonly [string, number])[] = [
  ['2000::', 3],
  // IPv4 addresses written as IPv6: the IPv4 rules apply.
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
];
const notPublic6: readonly (readonly [string, number])[] = [
  // Teredo, benchmarks, identifiers.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
];

const routable = new BlockList();
const refused = new BlockList();
for (const [network, bits] of public6) routable.addSubnet(network, bits, 'ipv6');
for (const [network, bits] of notPublic6) refused.addSubnet(network, bits, 'ipv6');
for (const [network, bits] of notPublic4) {
  // This one holds for IPv4-mapped addresses, too.
  refused.addSubnet(network, bits, 'ipv4');
  refused.addSubnet(`64:ff9b::${network}`, 96 + bits, 'ipv6');
  refused.addSubnet(in6to4(network), 16 + bits, 'ipv6');
}

/** Whether an IP address can be reached over the public internet; false for a text that is no address. */
export function isPublicAddress(address: string, family: 4 | 6): boolean {
  if (family === 4) return !refused.check(address, 'ipv4');
  return routable.check(address, 'ipv6') && !refused.check(address, 'ipv6');
}

/** The 6to4 network of an IPv4 network: the prefix 2002 and its digits. */
function in6to4(network: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = network.split('.').map(Number);
  return `2002:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}::`;
}
