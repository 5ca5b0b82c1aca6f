/**
 * Actions that functions need for items: single ones, several by key, and transactions. No `Scan`, because no code
 * reads a whole table. A transaction needs the actions of its parts and, for plain conditions, `ConditionCheckItem`.
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

/** Indexes are only queried, each under its own ARN. */
export const INDEX_ACTIONS = ['dynamodb:Query'] as const;
