import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  Function as ViewerFunction,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Duration, Fn, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV, edgeHeaders } from '../functions/core/env.ts';
import { acknowledge } from './acknowledge.ts';
import type { CapabilityFunction } from './capability-function.ts';
import type { HttpApi } from './http-api.ts';
import type { SocketApi } from './socket-api.ts';
import type { StreamingUrl } from './streaming-url.ts';
import { pageCode, rootCode, socketPathCode } from './viewer-functions.ts';

/** Paths at which existing clients open sockets. `/` is one too, but also a page. */
export const socketPaths = ['/live', '/sync/*', '/websocket', '/api/v2/websocket', '/yjs/*'] as const;

/** Paths whose answers are streamed. */
export const streamPaths = ['/api/chat'] as const;

const SOCKET_ORIGIN = 'sockets';
/**
 * The longest silence of a response. A model may take long before its first word, but streamed answers send something
 * at least every 15 seconds.
 */
const SILENCE = Duration.seconds(60);

export interface EdgeProps {
  readonly httpApi: HttpApi;
  readonly socketApi: SocketApi;
  /** The function URL that streams answers. */
  readonly streams: StreamingUrl;
  /** @default - the name that CloudFront assigns */
  readonly domainName?: string;
  /** @default - CloudFront's own */
  readonly certificate?: ICertificate;
}

/** One origin for everything: pages, requests and sockets under one name, as browsers and existing clients expect it. */
export class Edge extends Construct {
  readonly distribution: Distribution;
  /** `https://…`, without a slash at the end. */
  readonly url: string;
  readonly #secret: Secret;

  constructor(scope: Construct, id: string, props: EdgeProps) {
    super(scope, id);
    const { httpApi, socketApi, streams, domainName, certificate } = props;
    this.#secret = new Secret(this, 'Secret', {
      description: 'What the edge shows the functions to be believed',
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // CloudFormation resolves it during the deployment: the template has a reference, never the value.
    const customHeaders = { [edgeHeaders.proof]: this.#secret.secretValue.unsafeUnwrap() };
    const origin = (host: string, originId: string, readTimeout?: Duration) =>
      new HttpOrigin(host, {
        originId,
        customHeaders,
        readTimeout,
        protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
      });
    const pages = origin(hostOf(httpApi.url), 'http');
    const sockets = origin(hostOf(socketApi.api.apiEndpoint), SOCKET_ORIGIN);
    const { stageName } = socketApi.stage;
    const slow = origin(streams.host, 'streams', SILENCE);
    const onPage = this.#viewerFunction('Page', pageCode);
    const onSocketPath = this.#viewerFunction('SocketPath', socketPathCode(stageName));
    const onRoot = this.#viewerFunction('Root', rootCode(stageName, SOCKET_ORIGIN));
    this.distribution = new Distribution(this, 'Distribution', {
      comment: 'Chorus',
      defaultBehavior: { origin: pages, ...PASS_ON, ...onPage },
      additionalBehaviors: {
        ...Object.fromEntries(socketPaths.map((path) => [path, { origin: sockets, ...PASS_ON, ...onSocketPath }])),
        ...Object.fromEntries(streamPaths.map((path) => [path, { origin: slow, ...PASS_ON, ...onPage }])),
        '/': { origin: pages, ...PASS_ON, ...onRoot },
      },
      ...(domainName === undefined ? {} : { domainNames: [domainName], certificate }),
    });
    this.url = `https://${domainName ?? this.distribution.distributionDomainName}`;
    this.#explain();
  }

  /** Lets `fn` read the edge's secret, and tells it the ARN. */
  grantProof(fn: CapabilityFunction): void {
    fn.allow(['secretsmanager:GetSecretValue'], [this.#secret.secretArn]);
    fn.tell(ENV.edgeSecretArn, this.#secret.secretArn);
  }

  #viewerFunction(id: string, code: string): Pick<BehaviorOptions, 'functionAssociations'> {
    const viewerFunction = new ViewerFunction(this, id, {
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromInline(code),
    });
    return { functionAssociations: [{ function: viewerFunction, eventType: FunctionEventType.VIEWER_REQUEST }] };
  }

  #explain(): void {
    acknowledge(
      this,
      'SMG4',
      'CloudFront keeps a copy that only a deployment renews; rotating behind its back would make every viewer unknown.',
    );
    acknowledge(this, 'CFR1', 'Chorus has no reason to shut out countries; who has can restrict the distribution.');
    acknowledge(
      this,
      'CFR2',
      'A web application firewall costs money while idle; who needs one can attach it to the distribution.',
    );
    acknowledge(
      this,
      'CFR3',
      'Its logs would hold the queries of upgrades, which may carry credentials. The HTTP API logs requests without them.',
    );
    acknowledge(
      this,
      'CFR4',
      'Without a domain name of its own the distribution has the certificate of CloudFront, and its minimum of TLS 1 cannot be raised.',
    );
  }
}

/** The host in `https://…` or `wss://…`. */
function hostOf(endpoint: string): string {
  return Fn.select(2, Fn.split('/', endpoint));
}

/** Caches nothing and passes everything on except the Host header, because API Gateway only answers to its own name. */
const PASS_ON = {
  cachePolicy: CachePolicy.CACHING_DISABLED,
  originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
  allowedMethods: AllowedMethods.ALLOW_ALL,
  viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
} as const;
