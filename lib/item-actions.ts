/**
 * What a function may do with items: one, many by key, many in a transaction. No `Scan`: nothing here reads a whole table.
 * A transaction needs the actions of its parts and, for bare conditions, `ConditionCheckItem`.
 */
export const ITEM_ACTIONS = [
  'dynamodb:GetItem',
  'dynamodb:BatchGetItem',
  'dynamodb:Query',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:ConditionCheckItem',
] as const;

/** Indexes are read by query alone, each by its own name. */
export const INDEX_ACTIONS = ['dynamodb:Query'] as const;
