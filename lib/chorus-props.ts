import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { RemovalPolicy } from 'aws-cdk-lib/core';
import type { Peer } from '../functions/core/peers.ts';
import type { PrivoSettings } from '../functions/core/privo-settings.ts';
import type { AddressRule, AuthIssuer, PublicInstLifetime, Rate, RelyingParty } from '../functions/core/settings.ts';
import type { ChorusData } from './chorus-data.ts';

/** Areas that may be opened to callers without a credential. */
export type AnonymousArea = 'rooms' | 'nodes' | 'insts';

/** All settings of a deployment. All are optional, with safe defaults. */
export interface ChorusProps {
  /**
   * Tables, buckets and the server's secret, when they live in a stack of their own.
   * @default - created in the same stack
   */
  readonly data?: ChorusData;
  /**
   * What happens to tables, buckets and the server's secret when they are removed from the template. Deletion
   * protection of the tables goes with `RETAIN`.
   * @default RemovalPolicy.RETAIN
   */
  readonly removal?: RemovalPolicy;

  /**
   * Name of the environment, which `GET /health` returns. With `development`, callers without a credential count as the
   * user `dev-user` in operations on instances, and Clerk's webhooks need no signature. Never use that for a public
   * deployment.
   * @default production
   */
  readonly environment?: string;
  /**
   * Whether the server refuses sockets without a credential at the upgrade.
   * @default false - they may connect, and do what `anonymous` lists
   */
  readonly requireSignIn?: boolean;
  /**
   * Areas that callers without a credential may use, in addition to what owners make public themselves.
   * @default - nothing
   */
  readonly anonymous?: readonly AnonymousArea[];
  /**
   * Origins (`https://example.com`) whose pages may sign people in.
   * @default - the deployment's own: the edge, the HTTP API, the domain name
   */
  readonly accountOrigins?: readonly string[];
  /**
   * Origins whose pages may use records.
   * @default - the deployment's own: the edge, the HTTP API, the domain name
   */
  readonly apiOrigins?: readonly string[];
  /**
   * Whether requests that change something must carry an `Origin` header.
   * @default false - programs that are no browsers send none
   */
  readonly requireOrigin?: boolean;
  /**
   * Issuers whose JSON Web Tokens are accepted. Without `jwksUrl`, the server reads it from the issuer's OpenID
   * configuration.
   * @default - none
   */
  readonly authIssuers?: readonly AuthIssuer[];
  /**
   * An application at Clerk whose users and tokens are accepted.
   * @default - none
   */
  readonly clerk?: ClerkProps;
  /**
   * AI models for instances: those of OpenAI or of a compatible provider.
   * @default - not available; requests are refused
   */
  readonly openAi?: OpenAiProps;
  /**
   * Image generation by Fireworks.
   * @default - not available; requests are refused
   */
  readonly fireworks?: FireworksProps;
  /**
   * Relying parties of passkeys: the displayed name, the domain to which passkeys are bound (changing it makes them
   * useless), and the origin of the pages that use them, which must be one of `accountOrigins`.
   * @default - nobody can register or use a passkey
   */
  readonly webAuthn?: readonly RelyingParty[];
  /**
   * Age-gated accounts at Privo. The client's secret is given by its ARN in AWS Secrets Manager, because templates must
   * not contain secrets.
   * @default - none
   */
  readonly privo?: PrivoProps;
  /**
   * Addresses whose verified owners have the role `superUser`.
   * @default - nobody
   */
  readonly superUserAddresses?: readonly string[];
  /**
   * Addresses whose verified owners have the role `admin`.
   * @default - nobody
   */
  readonly adminAddresses?: readonly string[];
  /**
   * ARN of the secret in AWS Secrets Manager that operators send as `X-Admin-Token` to inspect instances.
   * @default - operators cannot inspect instances
   */
  readonly adminTokenArn?: string;
  /**
   * Which addresses may sign in; the first rule whose pattern matches decides.
   * @default - all of them
   */
  readonly addressRules?: readonly AddressRule[];
  /**
   * Origin of your own sign-in pages, to which `/` then redirects.
   * @default - users sign in at the page at `/`
   */
  readonly frontendOrigin?: string;
  /**
   * Sender of login codes by mail, `name@example.com` or `Name <name@example.com>`: an identity verified in Amazon SES.
   * @default - mail addresses cannot sign in
   */
  readonly mailFrom?: string;
  /**
   * Sender of login codes by text message: up to 11 letters and digits, or a phone number of Amazon SNS.
   * @default - phone numbers cannot sign in
   */
  readonly smsSender?: string;

  /**
   * Non-public hosts, as `host:port`, that requests to user-supplied URLs may reach, also without TLS.
   * @default - none
   */
  readonly outboundAllowHosts?: readonly string[];
  /**
   * DNS servers, as `address:port`, that resolve the hosts of such URLs.
   * @default - those of Lambda
   */
  readonly dnsServers?: readonly string[];

  /**
   * Settings of rooms.
   * @default - see each of them
   */
  readonly rooms?: RoomsProps;
  /**
   * Settings of shared documents.
   * @default - see each of them
   */
  readonly branches?: BranchesProps;
  /**
   * Id of this deployment among its peers, in headers and statistics.
   * @default - the region
   */
  readonly serverId?: string;
  /**
   * The same deployment in other regions, over one global table (see `replicas` of the data): `{ serverId, url }`
   * of each. All must list each other.
   * @default - there is one region
   */
  readonly peers?: readonly Peer[];
  /**
   * Settings of nodes.
   * @default - see each of them
   */
  readonly nodes?: NodesProps;
  /**
   * How much an instance (shared memory) may have.
   * @default - see each of them
   */
  readonly instances?: InstancesProps;
  /**
   * How long public insts (those without a record) live: `lifetimeSeconds`, counted from the first update with
   * `expireMode` `NX`, otherwise from the last one. `null`: for ever. `false`: no public insts. Callers without a
   * credential need `insts` in `anonymous` as well.
   * @default - a day from the first update
   */
  readonly publicInsts?: PublicInstLifetime | null | false;
  /**
   * How many HTTP requests one IP address may make.
   * @default - no limit but the gateway's
   */
  readonly rateLimit?: Rate;
  /**
   * How many frames one connection may send; `false`: no limit.
   * @default - 1,000 in 10 seconds
   */
  readonly frameRateLimit?: Rate | false;
  /**
   * The most requests per second, and the burst, that the HTTP API accepts in total.
   * @default - the account's limits
   */
  readonly httpThrottle?: ThrottleSettings;
  /**
   * The most frames per second, and the burst, that the WebSocket API accepts in total.
   * @default - the account's limits
   */
  readonly socketThrottle?: ThrottleSettings;

  /**
   * Whether one CloudFront distribution serves everything under one name, clients' own socket paths included.
   * @default true
   */
  readonly edge?: boolean;
  /**
   * The edge's own domain name. Point its DNS record to the output `EdgeDomain`; needs `certificate`.
   * @default - the name that CloudFront assigns
   */
  readonly domainName?: string;
  /**
   * Certificate for `domainName`, issued in us-east-1.
   * @default - CloudFront's own
   */
  readonly certificate?: ICertificate;

  /**
   * How long logs are kept.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
  /**
   * Whether the WebSocket API logs connects and frames (never their content). The account needs a role for API
   * Gateway's logs in that region (`AWS::ApiGateway::Account`). All stacks share it, so it is not created here.
   * @default false
   */
  readonly socketAccessLogs?: boolean;
  /**
   * Whether functions are traced with AWS X-Ray.
   * @default false
   */
  readonly tracing?: boolean;
  /**
   * Topic that receives alarms.
   * @default - a topic of its own when there is an `alarmEmail`; else alarms only show on the dashboard
   */
  readonly alarmTopic?: ITopic;
  /**
   * An email address that is subscribed to alarms. Amazon SNS first asks it for confirmation.
   * @default - none
   */
  readonly alarmEmail?: string;
  /**
   * URL of the runbook; every alarm links to its own section there.
   * @default docs/runbook.md
   */
  readonly runbookUrl?: string;
}

export type PrivoProps = Omit<PrivoSettings, 'clientSecret' | 'clientSecretArn'> & {
  /** ARN of the secret whose text is the client's secret, in AWS Secrets Manager under AWS's own encryption key. */
  readonly clientSecretArn: string;
};

/**
 * An application at Clerk. Secrets are given by their ARN in AWS Secrets Manager, because templates must not contain
 * secrets.
 */
export interface ClerkProps {
  /**
   * The secret whose text is the secret key of the application.
   * @default - the server reads public keys from `jwksUrl`, or from the issuer
   */
  readonly secretKeyArn?: string;
  /**
   * URL of the application's public keys.
   * @default - Clerk's API, with the secret key
   */
  readonly jwksUrl?: string;
  /**
   * The issuer that tokens must have.
   * @default - not checked
   */
  readonly issuer?: string;
  /**
   * Origins for which tokens may have been issued.
   * @default - any
   */
  readonly authorizedParties?: readonly string[];
  /**
   * The secret whose text is the signing secret (`whsec_…`) of the webhook to `/webhooks/clerk`.
   * @default - the server refuses these webhooks
   */
  readonly webhookSecretArn?: string;
}

export interface NodesProps {
  /**
   * How many milliseconds a request may wait for a node to change, 25,000 at most. AWS bills the waiting time; 0
   * answers at once.
   * @default 9000
   */
  readonly maxWaitMs?: number;
  /**
   * How many requests may wait at a time; further ones are answered at once. Each waiting request occupies one of the
   * account's concurrent function executions, which are 1,000 by default.
   * @default 500
   */
  readonly maxWaiting?: number;
  /**
   * Prefixes of keys that only signed-in users may read or raise. In one with `<userId>`, each key is reserved for the
   * user whose id is at that place.
   * @default - everyone who knows a key may read it, and all signed-in users may raise it
   */
  readonly guarded?: readonly string[];
}

export interface InstancesProps {
  /**
   * Keys in one instance, 100,000 at most. Every connecting client causes a read of all of their rows.
   * @default 10000
   */
  readonly maxKeys?: number;
  /**
   * Bytes of all values of one instance, as JSON; 900,000,000 at most.
   * @default 268435456
   */
  readonly maxBytes?: number;
}

export interface OpenAiProps {
  /** ARN of the secret whose text is the API key, in AWS Secrets Manager under AWS's own encryption key. */
  readonly apiKeyArn?: string;
  /**
   * Base URL of the API, including its version.
   * @default https://api.openai.com/v1
   */
  readonly baseUrl?: string;
  /**
   * `responses`: OpenAI's own API. `chat`: chat completions, the only one that many compatible servers know.
   * @default responses
   */
  readonly api?: 'responses' | 'chat';
}

export interface FireworksProps {
  /** ARN of the secret whose text is the API key, in AWS Secrets Manager under AWS's own encryption key. */
  readonly apiKeyArn?: string;
  /**
   * Base URL of the API for images.
   * @default https://api.fireworks.ai/inference/v1
   */
  readonly baseUrl?: string;
}

export interface BranchesProps {
  /**
   * Earlier versions of documents: the least number of minutes between two, and for how many days they are kept.
   * `keepDays: 0` keeps none.
   * @default - { everyMinutes: 60, keepDays: 7 }
   */
  readonly versions?: { readonly everyMinutes: number; readonly keepDays: number };
  /**
   * Whether a permission request shows the requesting user's email address.
   * @default false
   */
  readonly showEmail?: boolean;
}

export interface RoomsProps {
  /**
   * How many milliseconds of a member's presence updates are combined into one.
   * @default 100
   */
  readonly presenceThrottleMs?: number;
  /**
   * How many chat messages a joiner receives.
   * @default 100
   */
  readonly chatHistoryLimit?: number;
  /**
   * For how many days chat messages are stored.
   * @default - for ever
   */
  readonly chatRetentionDays?: number;
}
