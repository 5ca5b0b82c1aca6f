import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { awsEnvironment } from '../../functions/adapters/aws-environment.ts';
import { createRuntime } from '../../functions/adapters/runtime.ts';

const aws = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' };
const nothing = () => null;

describe('the runtime', () => {
  it('starts without the addresses of what is never used, and names one that is missing when it is', () => {
    const ports = createRuntime({ ...aws, TABLE_NAME: 'table' }, nothing);
    expect(ports.table.name).toBe('table');
    expect(() => ports.lane).toThrow('LANE_URL');
    expect(() => ports.connections).toThrow(expect.objectContaining({ code: 'not_configured' }));
    expect(ports.outbox).toEqual({ email: undefined, sms: undefined });
  });

  it('makes each port once', () => {
    const ports = createRuntime({ ...aws, TABLE_NAME: 'table' }, nothing);
    expect(ports.table).toBe(ports.table);
  });

  it.each([
    ['REQUIRE_SIGN_IN', 'yes'],
    ['AUTH_ISSUERS', '{'],
    ['RATE_LIMIT', '{"maxHits":1}'],
    ['CHAT_HISTORY_LIMIT', 'many'],
    ['PUBLIC_INSTS', 'true'],
    ['PUBLIC_INSTS', '{"lifetimeSeconds":"a day"}'],
  ])('does not start with a wrong %s', (name, value) => {
    expect(() => createRuntime({ [name]: value }, nothing)).toThrow(name);
  });

  it.each(['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])('names a missing %s', (name) => {
    expect(() => createRuntime({ ...aws, TABLE_NAME: 'table', [name]: undefined }, nothing).table).toThrow(name);
  });

  it('has a channel for each sender that is set', () => {
    const { outbox } = createRuntime({ ...aws, MAIL_FROM: 'a@example.com', SMS_SENDER: 'Chorus' }, nothing);
    expect(outbox).toEqual({ email: expect.any(Function), sms: expect.any(Function) });
  });

  it('reaches sockets through a port that was handed over, or says that none was', async () => {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', ({ n }) => port1.postMessage({ n, gone: [], failed: [] }));
    const env = { SOCKET_ENDPOINT: 'worker:connections' };
    const { gateway } = createRuntime(env, () => ({ connections: port2 }));
    expect(await gateway.post([], 'x')).toEqual({ gone: [], failed: [] });
    port1.close();
    expect(() => createRuntime(env, nothing).gateway).toThrow('SOCKET_ENDPOINT');
  });

  it('reaches sockets by HTTPS otherwise', () => {
    const env = { ...aws, SOCKET_ENDPOINT: 'https://api.execute-api.us-east-1.amazonaws.com/prod' };
    expect(createRuntime(env, nothing).gateway).toMatchObject({ post: expect.any(Function) });
  });
});

describe('endpoints', () => {
  it.each([
    [{}, 'https://email.us-east-1.amazonaws.com/'],
    [{ AWS_REGION: 'cn-north-1' }, 'https://email.cn-north-1.amazonaws.com.cn/'],
    [{ AWS_ENDPOINT_URL: 'http://localhost:1' }, 'http://localhost:1/'],
    [
      { AWS_ENDPOINT_URL: 'http://localhost:1', AWS_ENDPOINT_URL_SESV2: 'http://localhost:2/ses' },
      'http://localhost:2/ses',
    ],
  ])('with %o that of SES is %s', (env, endpoint) => {
    expect(awsEnvironment({ ...aws, ...env }).endpoint('ses').href).toBe(endpoint);
  });

  it('of a bucket are hosts of their own, or folders of an endpoint that was given', () => {
    expect(awsEnvironment(aws).bucket('files').href).toBe('https://files.s3.us-east-1.amazonaws.com/');
    const given = { ...aws, AWS_ENDPOINT_URL_S3: 'http://localhost:4000/local/s3' };
    expect(awsEnvironment(given).bucket('files').href).toBe('http://localhost:4000/local/s3/files');
  });
});
