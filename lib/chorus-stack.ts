import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { Chorus } from './chorus.ts';
import type { ChorusProps } from './chorus-props.ts';

export interface ChorusStackProps extends StackProps {
  /** @default - safe defaults for all settings */
  readonly chorus?: ChorusProps;
}

/** The stateless half of a deployment, which may be replaced at any time; see {@link Chorus}. */
export class ChorusStack extends Stack {
  readonly chorus: Chorus;

  constructor(scope: Construct, id: string, props: ChorusStackProps = {}) {
    const { chorus, ...stackProps } = props;
    super(scope, id, { description: 'Chorus: APIs, functions, queues and the edge', ...stackProps });
    this.chorus = new Chorus(this, 'Chorus', chorus);
    const { httpApi, socketApi, edge, monitoring } = this.chorus;
    this.#output('HttpUrl', 'Requests, without the edge', httpApi.url);
    this.#output('SocketUrl', 'Sockets, without the edge: ?path= names the path', socketApi.url);
    if (edge !== undefined) {
      this.#output('EdgeUrl', 'Requests and sockets under one name', edge.url);
      this.#output(
        'EdgeDomain',
        'Where the record of a domain name points to',
        edge.distribution.distributionDomainName,
      );
    }
    this.#output('DashboardName', 'CloudWatch dashboard', monitoring.dashboard.dashboardName);
  }

  #output(id: string, description: string, value: string): void {
    new CfnOutput(this, id, { description, value });
  }
}
