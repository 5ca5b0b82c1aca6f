import type { OutgoingMessage } from '../queues.ts';
import { compileTemplate, type TemplateInput } from './request-template.ts';

/** Turns an event into the queue's message, as the request template of its route says. */
export type ToMessage = (input: TemplateInput) => OutgoingMessage;

/**
 * A route's request template for SQS: the form of its `SendMessage`.
 * @throws Error for a template that cannot be evaluated, or that makes another request
 */
export function queueTemplate(template: string): ToMessage {
  const render = compileTemplate(template);
  const sample = new URLSearchParams(render({ context: {}, body: '' }));
  if (sample.get('Action') !== 'SendMessage' || !sample.has('MessageBody')) {
    throw new Error('A request template for a queue must make a SendMessage with a MessageBody.');
  }
  return (input) => {
    const form = new URLSearchParams(render(input));
    const groupId = form.get('MessageGroupId');
    const deduplicationId = form.get('MessageDeduplicationId');
    return {
      body: form.get('MessageBody') ?? '',
      ...(groupId === null ? {} : { groupId }),
      ...(deduplicationId === null ? {} : { deduplicationId }),
      attributes: attributesOf(form),
    };
  };
}

/** `MessageAttribute.1.Name`, `MessageAttribute.1.Value.StringValue`, `MessageAttribute.2.…` */
function attributesOf(form: URLSearchParams): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = {};
  for (let n = 1; ; n++) {
    const name = form.get(`MessageAttribute.${n}.Name`);
    if (name === null) return attributes;
    attributes[name] = form.get(`MessageAttribute.${n}.Value.StringValue`) ?? '';
  }
}
