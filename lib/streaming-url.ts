import { FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda';
import { Fn } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CapabilityFunction } from './capability-function.ts';

export interface StreamingUrlProps {
  /** Its handler streams. */
  readonly fn: CapabilityFunction;
}

/**
 * An address of its own for a function whose answers take long: pieces go out as they come, which HTTP APIs do not do, and
 * not only for 30 seconds. It is open to everybody, as the HTTP API is: the function checks who is calling. CloudFront could
 * sign its requests, but would put its signature where the caller's credential is.
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
