import { describe, expect, it } from '@jest/globals';
import { createAccess } from '../../local/iam.ts';
import type { FunctionPart, Statement } from '../../local/parts.ts';

const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/rooms';

function role(...statements: Statement[]): FunctionPart {
  return { id: 'Reader', codeDir: '', handler: '', environment: {}, timeoutSeconds: 3, memoryMb: 128, statements };
}

function allow(actions: string[], resources: string[]): Statement {
  return { effect: 'Allow', actions, resources };
}

function deny(actions: string[], resources: string[]): Statement {
  return { effect: 'Deny', actions, resources };
}

describe('a role', () => {
  it.each([
    ['the very action on the very resource', [allow(['dynamodb:GetItem'], [table])], 'dynamodb:GetItem', table, true],
    ['another action', [allow(['dynamodb:GetItem'], [table])], 'dynamodb:PutItem', table, false],
    ['another resource', [allow(['dynamodb:GetItem'], [table])], 'dynamodb:GetItem', `${table}2`, false],
    [
      'an index of a table it was given',
      [allow(['dynamodb:Query'], [table])],
      'dynamodb:Query',
      `${table}/index/gsi1`,
      false,
    ],
    [
      'any index where the pattern ends in a star',
      [allow(['dynamodb:Query'], [`${table}/index/*`])],
      'dynamodb:Query',
      `${table}/index/gsi1`,
      true,
    ],
    ['an action in another case', [allow(['DynamoDB:getitem'], [table])], 'dynamodb:GetItem', table, true],
    [
      'a resource in another case',
      [allow(['dynamodb:GetItem'], [table.toUpperCase()])],
      'dynamodb:GetItem',
      table,
      false,
    ],
    [
      'one character for a question mark',
      [allow(['s3:GetObject'], ['arn:aws:s3:::b?/*'])],
      's3:GetObject',
      'arn:aws:s3:::b1/a/b',
      true,
    ],
    [
      'two characters for a question mark',
      [allow(['s3:GetObject'], ['arn:aws:s3:::b?/*'])],
      's3:GetObject',
      'arn:aws:s3:::b12/a',
      false,
    ],
    [
      'a dot as nothing but a dot',
      [allow(['s3:GetObject'], ['arn:aws:s3:::a.b/*'])],
      's3:GetObject',
      'arn:aws:s3:::axb/k',
      false,
    ],
    [
      'a resource with a line feed in it',
      [allow(['s3:GetObject'], ['arn:aws:s3:::b/*'])],
      's3:GetObject',
      'arn:aws:s3:::b/x\ny',
      true,
    ],
    [
      'an action that starts as the pattern does',
      [allow(['s3:Get*'], ['*'])],
      's3:GetObjectTagging',
      'arn:aws:s3:::b/k',
      true,
    ],
    [
      'what one statement allows and another denies',
      [allow(['s3:*'], ['*']), deny(['s3:Delete*'], ['*'])],
      's3:DeleteObject',
      'arn:aws:s3:::b/k',
      false,
    ],
    [
      'what is denied elsewhere only',
      [allow(['s3:*'], ['*']), deny(['s3:*'], ['arn:aws:s3:::c/*'])],
      's3:GetObject',
      'arn:aws:s3:::b/k',
      true,
    ],
    ['anything when it has no statement', [], 's3:GetObject', 'arn:aws:s3:::b/k', false],
  ])('asked for %s', (_, statements, action, resource, expected) => {
    const access = createAccess([role(...statements)]);
    const { accessKeyId } = access.principalOf('Reader');
    expect(access.allows(accessKeyId, action, resource)).toBe(expected);
    // The second answer comes from the cache.
    expect(access.allows(accessKeyId, action, resource)).toBe(expected);
  });
});

describe('credentials', () => {
  it('belong to one function each and are found by their access key id', () => {
    const access = createAccess([role(), { ...role(), id: 'Writer' }]);
    const reader = access.principalOf('Reader');
    const writer = access.principalOf('Writer');
    expect(access.principal(reader.accessKeyId)).toEqual(reader);
    expect(reader.accessKeyId).not.toBe(writer.accessKeyId);
    expect(reader.secretAccessKey).not.toBe(writer.secretAccessKey);
    expect(reader.accessKeyId).toMatch(/^ASIA[0-9A-F]{16}$/);
  });

  it('that nobody has allow nothing', () => {
    const access = createAccess([role(allow(['*'], ['*']))]);
    expect(access.principal('AKIANOBODY')).toBeUndefined();
    expect(access.allows('AKIANOBODY', 's3:GetObject', '*')).toBe(false);
    expect(() => access.principalOf('Nobody')).toThrow('Nobody');
  });
});
