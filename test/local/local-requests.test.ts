import { describe, expect, it } from '@jest/globals';
import { isThisMachine } from '../../local/local-requests.ts';

describe('the outbox and what else is below /local', () => {
  it.each([
    ['127.0.0.1', true],
    ['::ffff:127.0.0.1', true],
    ['::1', true],
    ['192.168.1.7', false],
    ['::ffff:10.0.0.1', false],
    ['fe80::1', false],
    [undefined, false],
  ])('are there for %s: %s', (address, answered) => {
    expect(isThisMachine(address)).toBe(answered);
  });
});
