import { type IGrantable, type IPrincipal, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { type Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { EnvName } from '../functions/core/env.ts';
import { acknowledgeWildcard } from './acknowledge.ts';
import { type BundleName, builtBundle } from './bundles.ts';
import type { Environment } from './settings.ts';

export interface CapabilityFunctionProps {
  /** The code it runs. */
  readonly bundle: BundleName;
  /**
   * The bundle's export that is called.
   * @default handler
   */
  readonly handler?: string;
  /** One sentence for the console. */
  readonly description: string;
  readonly timeout: Duration;
  /** Memory in MB; the share of a processor grows with it (1,769 MB is one). */
  readonly memorySize: number;
  /**
   * Receives asynchronous events that failed after all retries.
   * @default - nowhere
   */
  readonly deadLetterQueue?: IQueue;
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
  /** @default false */
  readonly tracing?: boolean;
}

/**
 * A Lambda function that may at first only write its own log. The construct that owns a resource grants it access and
 * also passes the resource's name: {@link allow} and {@link tell} belong together.
 */
export class CapabilityFunction extends Construct implements IGrantable {
  readonly lambda: LambdaFunction;
  readonly grantPrincipal: IPrincipal;
  readonly #role: Role;

  constructor(scope: Construct, id: string, props: CapabilityFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role of its own, because CDK's default role has AWS's managed policy, which gives access to all log groups of
    // the account.
    this.#role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.grantPrincipal = this.#role;
    logGroup.grantWrite(this.#role);
    this.lambda = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(builtBundle(props.bundle)),
      handler: `index.${props.handler ?? 'handler'}`,
      timeout: props.timeout,
      memorySize: props.memorySize,
      role: this.#role,
      logGroup,
      deadLetterQueue: props.deadLetterQueue,
      tracing: props.tracing === true ? Tracing.ACTIVE : Tracing.DISABLED,
    });
    if (props.tracing === true) {
      acknowledgeWildcard(
        this.#role,
        '*',
        'AWS X-Ray knows no resources: its two write actions are granted on all or none.',
      );
    }
  }

  /** Allows these actions on these resources. */
  allow(actions: readonly string[], resources: readonly string[]): void {
    this.#role.addToPrincipalPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }));
  }

  /** Forbids these actions on these resources, whatever else is allowed. */
  deny(actions: readonly string[], resources: readonly string[]): void {
    this.#role.addToPrincipalPolicy(
      PolicyStatement.fromJson({ Effect: 'Deny', Action: [...actions], Resource: [...resources] }),
    );
  }

  /** Sets one environment variable. */
  tell(name: EnvName, value: string): void {
    this.lambda.addEnvironment(name, value);
  }

  tellAll(environment: Environment): void {
    for (const [name, value] of Object.entries(environment)) this.lambda.addEnvironment(name, value);
  }
}
