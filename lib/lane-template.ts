/** What a socket event carries, by the gateway's own names; the function reads them back under these names. */
const CONTEXT = [
  'connectionId',
  'requestId',
  'routeKey',
  'eventType',
  'stage',
  'domainName',
  'apiId',
  'requestTimeEpoch',
  'connectedAt',
  'identity.sourceIp',
] as const;

/**
 * Turns a frame into a message of the lane: API Gateway's request template for SQS's form-encoded SendMessage. Group =
 * connection, so that a connection's frames stay in order; deduplication id = request, so that a repeat is one message.
 * The frame is the body. SQS allows ten attributes and no empty ones, so there is one, `context`: a form-encoded map
 * of what the event carries, whose values are therefore encoded twice.
 */
export const frameTemplate = template([...CONTEXT, 'messageId'], encoded('$input.body'));

/** The same for `$disconnect`, which has neither a message nor a body; SQS refuses an empty one. */
export const disconnectTemplate = template(CONTEXT, '-');

function template(context: readonly string[], body: string): string {
  const map = context.map((name) => `${name}%3D${encoded(encoded(`$context.${name}`))}`).join('%26');
  return [
    'Action=SendMessage',
    'Version=2012-11-05',
    `MessageGroupId=${encoded('$context.connectionId')}`,
    `MessageDeduplicationId=${encoded('$context.requestId')}`,
    'MessageAttribute.1.Name=context',
    'MessageAttribute.1.Value.DataType=String',
    `MessageAttribute.1.Value.StringValue=${map}`,
    `MessageBody=${body}`,
  ].join('&');
}

function encoded(expression: string): string {
  return `$util.urlEncode(${expression})`;
}
