import { Stack } from 'aws-cdk-lib/core';
import { ENV } from '../functions/core/env.ts';
import { acknowledgeWildcard } from './acknowledge.ts';
import type { CapabilityFunction } from './capability-function.ts';

/** Lets `fn` send mail as `sender` (`name@example.com` or `Name <name@example.com>`), and tells it so. */
export function grantMail(fn: CapabilityFunction, sender: string): void {
  const address = /<([^<>]+)>$/.exec(sender)?.[1] ?? sender;
  const domain = address.slice(address.indexOf('@') + 1);
  // The operator may have verified either the address or its domain with Amazon SES.
  const identities = [address, domain].map((resourceName) =>
    Stack.of(fn).formatArn({ service: 'ses', resource: 'identity', resourceName }),
  );
  fn.allow(['ses:SendEmail'], identities);
  fn.tell(ENV.mailFrom, sender);
}

/** Lets `fn` send text messages as `sender`, and tells it so. */
export function grantTextMessages(fn: CapabilityFunction, sender: string): void {
  fn.allow(['sns:Publish'], ['*']);
  fn.deny(['sns:Publish'], [Stack.of(fn).formatArn({ service: 'sns', region: '*', account: '*', resource: '*' })]);
  fn.tell(ENV.smsSender, sender);
  acknowledgeWildcard(
    fn,
    '*',
    'A phone number has no ARN, so publishing to one is allowed on "*" only; topics, which have, are denied.',
  );
}
