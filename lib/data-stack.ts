import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { ChorusData, type ChorusDataProps } from './chorus-data.ts';

export interface DataStackProps extends StackProps, ChorusDataProps {}

/** The stateful half of a deployment. Deploying code does not change it, and so can never replace a table. */
export class DataStack extends Stack {
  readonly data: ChorusData;

  constructor(scope: Construct, id: string, props: DataStackProps = {}) {
    const { removal, existingTable, replicas, ...stackProps } = props;
    super(scope, id, { description: 'Chorus: tables, buckets and the server secret', ...stackProps });
    this.data = new ChorusData(this, 'Data', { removal, existingTable, replicas });
  }
}
