import { FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda';
import { Fn } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CapabilityFunction } from './capability-function.ts';

export interface StreamingUrlProps {
  /** The function, whose handler must stream. */
  readonly fn: CapabilityFunction;
}

/**
 * A function URL, for answers that take long: unlike the HTTP API it streams, and has no limit of 30 seconds. It is
 * public, like the HTTP API: the function authenticates callers. CloudFront could sign its requests, but the signature
 * would replace the caller's credential.
 */
export class StreamingUrl extends Construct {
  /** Its name alone, without `https://` and the slash at the end. */
  readonly host: string;

  constructor(scope: Construct, id: string, props: StreamingUrlProps) {
    super(scope, id);
    const { url } = props.fn.lambda.addFunctionUrl({
      authType: FunctionUrlAuthType.NONE,
      invokeMode: InvokeMode.RESPONSE_STREAM,
    });
    this.host = Fn.select(0, Fn.split('/', Fn.join('', Fn.split('https://', url))));
  }
}
