import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { RemovalPolicy } from 'aws-cdk-lib/core';
import type { Peer } from '../functions/core/peers.ts';
import type { PrivoSettings } from '../functions/core/privo-settings.ts';
import type { AddressRule, AuthIssuer, PublicInstLifetime, Rate, RelyingParty } from '../functions/core/settings.ts';
import type { ChorusData } from './chorus-data.ts';

/** What a caller without a credential may be let into. */
export type AnonymousArea = 'rooms' | 'nodes' | 'insts';

/** Everything that can be decided about a deployment. All of it is optional; what is left out is the safe choice. */
export interface ChorusProps {
  /**
   * Tables, buckets and the server's secret, when they live in a stack of their own.
   * @default - made beside the rest
   */
  readonly data?: ChorusData;
  /**
   * What becomes of tables, buckets and the server's secret when they are taken out of the template. Deletion protection
   * of the tables goes with `RETAIN`.
   * @default RemovalPolicy.RETAIN
   */
  readonly removal?: RemovalPolicy;

  /**
   * What the deployment is for, as `GET /health` tells. With `development` whoever shows no credential is the user `dev-user`
   * wherever instances want a user, and webhooks of Clerk's need no signature: never where others come.
   * @default production
   */
  readonly environment?: string;
  /**
   * Whether sockets without a credential are refused at the upgrade.
   * @default false - they may connect, and do what `anonymous` lists
   */
  readonly requireSignIn?: boolean;
  /**
   * What callers without a credential may use, beside what owners make public themselves.
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
   * Whose JSON Web Tokens are accepted. `jwksUrl` is looked up at the issuer when it is left out.
   * @default - none
   */
  readonly authIssuers?: readonly AuthIssuer[];
  /**
   * An application at Clerk whose users and tokens are accepted.
   * @default - none
   */
  readonly clerk?: ClerkProps;
  /**
   * Models that work with instances: those of OpenAI, or of anybody who speaks like them.
   * @default - whoever asks for one is told that there are none
   */
  readonly openAi?: OpenAiProps;
  /**
   * Images made by Fireworks.
   * @default - whoever asks for one is told that there are none
   */
  readonly fireworks?: FireworksProps;
  /**
   * Whom passkeys are for: the name that people see, the domain that passkeys are bound to (changing it makes them useless),
   * and the origin of the pages that use them, which must be one of `accountOrigins`.
   * @default - nobody can register or use a passkey
   */
  readonly webAuthn?: readonly RelyingParty[];
  /**
   * Age-gated accounts at Privo. The client's secret is named by its ARN in AWS Secrets Manager: a template is no place for it.
   * @default - none
   */
  readonly privo?: PrivoProps;
  /**
   * Addresses whose owners, once they have proved them, have the role `superUser`.
   * @default - nobody
   */
  readonly superUserAddresses?: readonly string[];
  /**
   * Addresses whose owners, once they have proved them, have the role `admin`.
   * @default - nobody
   */
  readonly adminAddresses?: readonly string[];
  /**
   * ARN of the secret in AWS Secrets Manager whose text operators show, as `X-Admin-Token`, to look into instances.
   * @default - nobody may
   */
  readonly adminTokenArn?: string;
  /**
   * Which addresses may sign in; the first rule whose pattern fits decides.
   * @default - all of them
   */
  readonly addressRules?: readonly AddressRule[];
  /**
   * Where people sign in when the page at `/` is not wanted; `/` then leads there.
   * @default - the page at `/`
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
   * Hosts, as `host:port`, that requests to URLs of users may reach although they are not public, without TLS as well.
   * @default - none
   */
  readonly outboundAllowHosts?: readonly string[];
  /**
   * DNS servers, as `address:port`, that are asked for the hosts of such URLs.
   * @default - those of Lambda
   */
  readonly dnsServers?: readonly string[];

  /**
   * How rooms behave.
   * @default - see each of them
   */
  readonly rooms?: RoomsProps;
  /**
   * How shared documents are kept.
   * @default - see each of them
   */
  readonly branches?: BranchesProps;
  /**
   * What this deployment calls itself among its peers, in headers and figures.
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
   * How versions of nodes are told.
   * @default - see each of them
   */
  readonly nodes?: NodesProps;
  /**
   * How much an instance (shared memory) may have.
   * @default - see each of them
   */
  readonly instances?: InstancesProps;
  /**
   * How long insts live that belong to no record: `lifetimeSeconds`, counted from the first update with `expireMode` `NX`,
   * else from the last one. `null`: for good. `false`: there are none. Callers without a credential need `insts` in
   * `anonymous` as well.
   * @default - a day from the first update
   */
  readonly publicInsts?: PublicInstLifetime | null | false;
  /**
   * Requests one address may make over HTTP.
   * @default - no limit but the gateway's
   */
  readonly rateLimit?: Rate;
  /**
   * Frames one connection may send; `false` for no limit.
   * @default - 1,000 in 10 seconds
   */
  readonly frameRateLimit?: Rate | false;
  /**
   * Requests per second, and how many at once, that the HTTP API lets through in all.
   * @default - the account's limits
   */
  readonly httpThrottle?: ThrottleSettings;
  /**
   * Frames per second, and how many at once, that the WebSocket API lets through in all.
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
   * @default - the name that CloudFront gives
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
   * Whether the WebSocket API logs connects and frames (never their content). The account needs a role for API Gateway's
   * logs in that region (`AWS::ApiGateway::Account`), which is one for all stacks and therefore not made here.
   * @default false
   */
  readonly socketAccessLogs?: boolean;
  /**
   * Whether functions are traced with AWS X-Ray.
   * @default false
   */
  readonly tracing?: boolean;
  /**
   * Who hears of alarms.
   * @default - a topic of its own when there is an `alarmEmail`; else alarms only show on the dashboard
   */
  readonly alarmTopic?: ITopic;
  /**
   * A mail address that is subscribed to the alarms. Amazon SNS asks it for confirmation first.
   * @default - none
   */
  readonly alarmEmail?: string;
  /**
   * Where the runbook is found; every alarm links to its own section there.
   * @default docs/runbook.md
   */
  readonly runbookUrl?: string;
}

export type PrivoProps = Omit<PrivoSettings, 'clientSecret' | 'clientSecretArn'> & {
  /** ARN of the secret whose text is the client's secret, in AWS Secrets Manager under AWS's own encryption key. */
  readonly clientSecretArn: string;
};

/** An application at Clerk. Secrets are named by their ARN in AWS Secrets Manager: a template is no place for them. */
export interface ClerkProps {
  /**
   * The secret whose text is the secret key of the application.
   * @default - public keys are looked for at `jwksUrl`, or at the issuer
   */
  readonly secretKeyArn?: string;
  /**
   * Where the public keys of the application are.
   * @default - Clerk's address for the secret key
   */
  readonly jwksUrl?: string;
  /**
   * The issuer that tokens must be of.
   * @default - not looked at
   */
  readonly issuer?: string;
  /**
   * Origins of the pages that tokens may be made for.
   * @default - any
   */
  readonly authorizedParties?: readonly string[];
  /**
   * The secret whose text is the signing secret (`whsec_…`) of the webhook to `/webhooks/clerk`.
   * @default - what arrives there is refused
   */
  readonly webhookSecretArn?: string;
}

export interface NodesProps {
  /**
   * Milliseconds that a request may wait for a node to change, 25,000 at most. Waiting is paid for; 0 answers at once.
   * @default 9000
   */
  readonly maxWaitMs?: number;
  /**
   * Requests that may wait at a time; one more is answered at once. Each occupies a function while it waits, of which an
   * account has 1,000 for everything unless it has asked for more.
   * @default 500
   */
  readonly maxWaiting?: number;
  /**
   * Beginnings of keys that only people who are signed in may read or raise; one with `<userId>` in it leaves each key to
   * the person whose id stands there.
   * @default - whoever knows a key may read it, and whoever is signed in may raise it
   */
  readonly guarded?: readonly string[];
}

export interface InstancesProps {
  /**
   * Keys in one instance, 100,000 at most. Whoever connects reads the rows of all of them.
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
   * Where models are asked, its version included.
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
   * Where images are asked for.
   * @default https://api.fireworks.ai/inference/v1
   */
  readonly baseUrl?: string;
}

export interface BranchesProps {
  /**
   * Earlier versions of documents that are being worked on: how many minutes lie between two at least, and how many days
   * they are kept. `keepDays: 0` keeps none.
   * @default - { everyMinutes: 60, keepDays: 7 }
   */
  readonly versions?: { readonly everyMinutes: number; readonly keepDays: number };
  /**
   * Whether those who are asked for a permission see the mail address of who asks.
   * @default false
   */
  readonly showEmail?: boolean;
}

export interface RoomsProps {
  /**
   * Milliseconds within which presence updates of one member become one.
   * @default 100
   */
  readonly presenceThrottleMs?: number;
  /**
   * Chat messages a newcomer receives.
   * @default 100
   */
  readonly chatHistoryLimit?: number;
  /**
   * Days a chat message is kept.
   * @default - for good
   */
  readonly chatRetentionDays?: number;
}
