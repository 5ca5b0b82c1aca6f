import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Outbound } from '../../../functions/core/ports.ts';
import { type Reaction, type Service, startService } from '../service.ts';

/** How an `Outbound` is made: which hosts are excepted, and which addresses names have. */
export interface OutboundWorld {
  readonly allowHosts?: readonly string[];
  readonly names?: Readonly<Record<string, readonly string[]>>;
}

/** URLs that lead, or may lead, to hosts that only this machine or its network can reach. */
const privateUrls = [
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0177.0.0.1/',
  'https://0x7f.1/',
  'https://0x7f000001/',
  'https://017700000001/',
  'https://127.0.0.1./',
  'https://①②⑦.⓪.⓪.①/',
  'https://0/',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://172.31.255.255:8443/',
  'https://192.168.1.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://169.254.170.2/v2/credentials',
  'https://2852039166/',
  'https://100.64.0.1/',
  'https://100.127.255.254/',
  'https://192.0.0.192/',
  'https://192.0.2.1/',
  'https://192.88.99.1/',
  'https://198.18.0.1/',
  'https://198.51.100.1/',
  'https://203.0.113.1/',
  'https://224.0.0.1/',
  'https://240.0.0.1/',
  'https://255.255.255.255/',
  'https://[::]/',
  'https://[::1]/',
  'https://[0:0:0:0:0:0:0:1]:8443/',
  'https://[::127.0.0.1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[::ffff:0:7f00:1]/',
  'https://[64:ff9b::169.254.169.254]/',
  'https://[64:ff9b::a00:1]/',
  'https://[64:ff9b:1::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[2002:a9fe:a9fe::1]/',
  'https://[2002:c0a8:101::1]/',
  'https://[2001::1]/',
  'https://[2001:db8::1]/',
  'https://[3fff::1]/',
  'https://[100::1]/',
  'https://[fc00::1]/',
  'https://[fd00:ec2::254]/',
  'https://[fe80::1]/',
  'https://[fec0::1]/',
  'https://[ff02::1]/',
  'https://localhost/',
  'https://LOCALHOST./',
  'https://any.localhost/',
  'https://metadata.google.internal/',
  'https://printer.local/',
];

/** URLs that are refused whatever their host is. */
const wrongUrls = [
  'http://1.1.1.1/',
  'http://public.example/',
  'ftp://public.example/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:70/',
  'data:text/plain,hello',
  'javascript:alert(1)',
  'https://user@public.example/',
  'https://:secret@public.example/',
  'https://public.example@127.0.0.1/',
  '//public.example/',
  'public.example',
  '',
];

/** What every `Outbound` promises. */
export function outboundSuite(what: string, open: (world?: OutboundWorld) => Promise<Outbound>): void {
  describe(`${what}: outbound`, () => {
    const refused = { code: 'unacceptable_url' };
    const limits = { timeoutMs: 5_000, maxBytes: 1_000 };
    let service: Service | undefined;
    afterEach(() => service?.close());
    /** An excepted host, and a caller who may reach it. */
    const excepted = async (react: (count: number) => Reaction, more: OutboundWorld = {}) => {
      service = await startService((_, count) => react(count));
      const { host, origin } = service.endpoint;
      const outbound = await open({ ...more, allowHosts: [host, ...(more.allowHosts ?? [])] });
      return { outbound, url: `${origin}/path?q=1`, service };
    };

    describe('that leads nowhere private', () => {
      let outbound: Outbound;
      beforeAll(async () => {
        outbound = await open({ names: { 'public.example': ['1.1.1.1'] } });
      });

      it.each([...privateUrls, ...wrongUrls])('refuses %s', async (url) => {
        await expect(outbound.check(url)).rejects.toMatchObject(refused);
        await expect(outbound.send({ url, ...limits })).rejects.toMatchObject(refused);
      });

      it.each([
        'https://public.example/',
        'https://1.1.1.1:8443/path',
        'https://[2606:4700:4700::1111]/',
        'https://[64:ff9b::1.1.1.1]/',
        'https://[2002:101:101::1]/',
        'https://[::ffff:1.1.1.1]/',
        'https://nobody-has-this-name.example/',
      ])('sees nothing wrong with %s', async (url) => {
        expect(await outbound.check(url)).toBeUndefined();
      });

      it('refuses a name with a single private address among others', async () => {
        const names = { 'mixed.example': ['1.1.1.1', '10.0.0.1'], 'six.example': ['fd00:0:0:0:0:0:0:1'] };
        const mixed = await open({ names });
        for (const name of Object.keys(names)) {
          await expect(mixed.check(`https://${name}/`)).rejects.toMatchObject(refused);
          await expect(mixed.send({ url: `https://${name}/`, ...limits })).rejects.toMatchObject(refused);
        }
      });

      it('cannot reach a host that has no address', async () => {
        const sending = outbound.send({ url: 'https://nobody-has-this-name.example/', ...limits });
        await expect(sending).rejects.toMatchObject({ code: 'service_unavailable' });
      });
    });

    it('sends what it is given, and gives back what it gets, whatever the status', async () => {
      const answer = { status: 418, headers: { 'X-Answer': 'yes' }, body: 'tea' };
      const { outbound, url, service: host } = await excepted(() => answer);
      const headers = { 'X-Asked': 'now', 'content-type': 'text/plain' };
      const {
        status,
        headers: got,
        body,
      } = await outbound.send({ url, method: 'POST', headers, body: 'ä', ...limits });
      expect([status, got['x-answer'], Buffer.from(body).toString()]).toEqual([418, 'yes', 'tea']);
      expect(host.requests).toMatchObject([{ method: 'POST', url: '/path?q=1', headers: { 'x-asked': 'now' } }]);
      expect(host.requests[0]?.headers.host).toBe(host.endpoint.host);
      expect(host.requests[0]?.body.toString()).toBe('ä');
    });

    it('excepts a host on its port, and on no other', async () => {
      const { outbound, url } = await excepted(() => ({}));
      expect(await outbound.check(url)).toBeUndefined();
      const other = new URL(url);
      other.port = String(Number(other.port) ^ 1);
      await expect(outbound.check(other.href)).rejects.toMatchObject(refused);
      expect((await outbound.send({ url, ...limits })).status).toBe(200);
    });

    it('looks a name up once, and connects to what was found', async () => {
      const port = new URL((await excepted(() => ({}))).url).port;
      const host = `rebound.example:${port}`;
      const outbound = await open({ allowHosts: [host], names: { 'rebound.example': ['127.0.0.1'] } });
      await outbound.send({ url: `http://${host}/`, ...limits });
      expect(service?.requests[0]?.headers.host).toBe(host);
    });

    it('refuses an answer that is larger than was asked for, and does not read one nobody wants', async () => {
      const { outbound, url } = await excepted(() => ({ body: 'x'.repeat(1_001) }));
      await expect(outbound.send({ url, ...limits })).rejects.toMatchObject({ code: 'too_large' });
      expect((await outbound.send({ url, ...limits, maxBytes: 1_001 })).body).toHaveLength(1_001);
      expect(await outbound.send({ url, ...limits, maxBytes: 0 })).toMatchObject({
        status: 200,
        body: new Uint8Array(),
      });
    });

    it('waits no longer than it is told', async () => {
      const { outbound, url } = await excepted(() => 'silence');
      await expect(outbound.send({ url, ...limits, timeoutMs: 50 })).rejects.toMatchObject({ code: 'took_too_long' });
    });

    it('says that a host broke off, or lets nobody in, and does not send twice', async () => {
      const { outbound, url, service: host } = await excepted(() => 'drop');
      await expect(outbound.send({ url, ...limits })).rejects.toMatchObject({ code: 'service_unavailable' });
      expect(host.requests).toHaveLength(1);
      await host.close();
      service = undefined;
      await expect(outbound.send({ url, ...limits })).rejects.toMatchObject({ code: 'service_unavailable' });
    });

    describe('a redirect', () => {
      const to = (location: string, status = 302) => ({ status, headers: { location }, body: 'elsewhere' });

      it('is an answer like others, unless it is to be followed', async () => {
        const {
          outbound,
          url,
          service: host,
        } = await excepted((count) => (count === 1 ? to('/there') : { body: 'here' }));
        await outbound.send({ url, ...limits });
        expect((await outbound.send({ url, ...limits })).status).toBe(302);
        expect(Buffer.from((await outbound.send({ url, ...limits, redirects: 1 })).body).toString()).toBe('here');
        expect(host.requests).toHaveLength(3);
      });

      it('is followed with GET and without a body, and keeps to itself who asks when it leads elsewhere', async () => {
        const other = await startService(() => ({ body: 'here' }));
        const {
          outbound,
          url,
          service: host,
        } = await excepted((count) => (count === 0 ? to('/again', 307) : to(`${other.endpoint.origin}/there`)), {
          allowHosts: [other.endpoint.host],
        });
        const headers = { authorization: 'Bearer secret', 'x-kept': 'yes' };
        const request = { url, method: 'POST', headers, body: 'body', ...limits, redirects: 2 };
        expect((await outbound.send(request)).status).toBe(200);
        expect(host.requests[1]).toMatchObject({
          method: 'GET',
          url: '/again',
          headers: { authorization: 'Bearer secret' },
        });
        expect(other.requests).toMatchObject([{ method: 'GET', url: '/there', headers: { 'x-kept': 'yes' } }]);
        expect(other.requests[0]?.headers.authorization).toBeUndefined();
        expect(other.requests[0]?.body).toHaveLength(0);
        await other.close();
      });

      it.each([
        'https://169.254.169.254/',
        'http://127.0.0.1:1/',
        '//[::1]/',
        'file:///etc/passwd',
        'https://a@b.example/',
      ])('to %s is refused', async (location) => {
        const { outbound, url } = await excepted(() => to(location));
        await expect(outbound.send({ url, ...limits, redirects: 5 })).rejects.toMatchObject(refused);
      });

      it('that never ends is followed as often as was said', async () => {
        const { outbound, url, service: host } = await excepted(() => to('/again'));
        expect((await outbound.send({ url, ...limits, redirects: 3 })).status).toBe(302);
        expect(host.requests).toHaveLength(4);
      });
    });
  });
}
