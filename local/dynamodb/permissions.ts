/** One action of a call, as IAM sees it. */
export interface Permission {
  /** E.g. `dynamodb:PutItem`. */
  readonly action: string;
  /** ARN of a table, of `table/{name}/index/{index}`, or `*`. */
  readonly resource: string;
}

const tablePrefix = 'arn:aws:dynamodb:us-east-1:000000000000:table/';

/**
 * Fields of the body are searched for in the text: in DynamoDB's JSON no value of an item can look like one of them.
 */
const tableName = /"TableName"\s*:\s*"([^"]+)"/;
const indexName = /"IndexName"\s*:\s*"([^"]+)"/;

/** The actions of a transaction's parts. IAM cannot grant a transaction as such. */
const transactionActions: Readonly<Record<string, string>> = {
  Put: 'dynamodb:PutItem',
  Update: 'dynamodb:UpdateItem',
  Delete: 'dynamodb:DeleteItem',
  ConditionCheck: 'dynamodb:ConditionCheckItem',
  Get: 'dynamodb:GetItem',
};

/**
 * The permissions that a call needs: one per table or index that it names. An operation without a table, such as
 * `ListTables` or PartiQL, needs its action on everything.
 *
 * @param operation the end of `x-amz-target`, e.g. `PutItem`
 * @throws SyntaxError or TypeError if a batch or transaction is no JSON of its shape
 */
export function permissionsFor(operation: string, body: Buffer): Permission[] {
  switch (operation) {
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return batchTables(body).map((table) => permission(`dynamodb:${operation}`, table));
    case 'TransactGetItems':
    case 'TransactWriteItems':
      return transactionParts(body).map(([kind, table]) =>
        permission(transactionActions[kind] ?? `dynamodb:${operation}`, table),
      );
    default: {
      const text = body.toString();
      const action = `dynamodb:${operation}`;
      const table = tableName.exec(text)?.[1];
      return [table === undefined ? { action, resource: '*' } : permission(action, table, indexName.exec(text)?.[1])];
    }
  }
}

function permission(action: string, table: string, index?: string): Permission {
  const arn = table.startsWith('arn:') ? table : `${tablePrefix}${table}`;
  return { action, resource: index === undefined ? arn : `${arn}/index/${index}` };
}

function batchTables(body: Buffer): string[] {
  // The shape of BatchGetItem and BatchWriteItem; anything else throws below.
  const { RequestItems } = JSON.parse(body.toString()) as { RequestItems: Record<string, unknown> };
  return Object.keys(RequestItems);
}

function transactionParts(body: Buffer): [string, string][] {
  // The shape of both transactions; anything else throws below.
  const { TransactItems } = JSON.parse(body.toString()) as {
    TransactItems: Readonly<Record<string, { readonly TableName: string }>>[];
  };
  return TransactItems.flatMap((item) =>
    Object.entries(item).map(([kind, { TableName }]): [string, string] => [kind, TableName]),
  );
}
