import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV } from '../functions/core/env.ts';
import { acknowledge } from './acknowledge.ts';
import type { CapabilityFunction } from './capability-function.ts';

export interface ServerSecretProps {
  /** @default RemovalPolicy.RETAIN */
  readonly removal?: RemovalPolicy;
}

/**
 * The deployment's own secret, which peppers login codes and derives connection secrets. Generated once and never
 * shown.
 */
export class ServerSecret extends Construct {
  readonly secret: Secret;

  constructor(scope: Construct, id: string, props: ServerSecretProps = {}) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: 'Peppers login codes and derives connection secrets. Losing it signs everybody out.',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: props.removal ?? RemovalPolicy.RETAIN,
    });
    acknowledge(
      this,
      'SMG4',
      'Every connection key is derived from it: rotating on a timetable would end all sessions. It is replaced on purpose only, when it has leaked.',
    );
  }

  /** Lets `fn` read the secret, and tells it which one. */
  grantRead(fn: CapabilityFunction): void {
    fn.allow(['secretsmanager:GetSecretValue'], [this.secret.secretArn]);
    fn.tell(ENV.serverSecretArn, this.secret.secretArn);
  }
}
