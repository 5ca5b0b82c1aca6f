import { type RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { ChorusData } from './chorus-data.ts';

export interface DataStackProps extends StackProps {
  /**
   * What becomes of the data when it is taken out of the stack, or the stack is deleted.
   * @default RemovalPolicy.RETAIN
   */
  readonly removal?: RemovalPolicy;
}

/** The stateful half of a deployment: deploying code never touches it, and so can never replace a table. */
export class DataStack extends Stack {
  readonly data: ChorusData;

  constructor(scope: Construct, id: string, props: DataStackProps = {}) {
    super(scope, id, { description: 'Chorus: tables, buckets and the server secret', ...props });
    this.data = new ChorusData(this, 'Data', { removal: props.removal });
  }
}
