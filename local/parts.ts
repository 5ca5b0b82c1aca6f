/**
 * How the parts of the local runtime fit together. `template.ts` reads the cloud assembly into an {@link Assembly};
 * every part uses its share of it. Nothing here knows what Chorus does: these are API Gateway, Lambda, SQS, DynamoDB,
 * S3 and EventBridge in miniature.
 */

/** One Lambda function of the template, references resolved. */
export interface FunctionPart {
  /** Logical id in the template; names the function in logs, metrics and ARNs. */
  readonly id: string;
  /** Folder with the bundle, and the handler as `file.export`. */
  readonly codeDir: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly reservedConcurrency?: number;
  /** The statements of its role. */
  readonly statements: readonly Statement[];
}

/** An IAM statement with references resolved; `*` and `?` match as in IAM. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

export interface QueuePart {
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly fifo: boolean;
  readonly visibilitySeconds: number;
  readonly contentBasedDeduplication: boolean;
  /** The scope within which deduplication ids are compared. @default queue */
  readonly deduplicationScope?: 'queue' | 'messageGroup';
  readonly deadLetter?: { readonly arn: string; readonly maxReceiveCount: number };
}

/** SQS queue or DynamoDB stream → function. */
export interface EventSourcePart {
  readonly id: string;
  readonly functionId: string;
  readonly sourceArn: string;
  readonly kind: 'sqs' | 'stream';
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  readonly reportsItemFailures: boolean;
  readonly maximumConcurrency?: number;
  readonly maximumRetries?: number;
  readonly bisect: boolean;
  readonly deadLetterArn?: string;
  /** EventBridge-style patterns; a record passes if one of them matches. */
  readonly filters: readonly unknown[];
}

export interface TablePart {
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly streamArn?: string;
  readonly ttlAttribute?: string;
  /** CreateTable input, without the stream of a table that has none. */
  readonly create: Readonly<Record<string, unknown>>;
}

export interface BucketPart {
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly cors: readonly Readonly<Record<string, unknown>>[];
  readonly lifecycle: readonly Readonly<Record<string, unknown>>[];
  /** The bucket policy's statements, conditions included, as in the template. */
  readonly policy: readonly Readonly<Record<string, unknown>>[];
  readonly notifications: readonly { readonly event: string; readonly targetArn: string }[];
}

export interface SchedulePart {
  readonly id: string;
  readonly functionId: string;
  /** Undefined for a disabled schedule, which only runs by hand. */
  readonly everyMs: number | undefined;
  /** The target's constant input; `{}` stands for the plain scheduled event. */
  readonly input: Readonly<Record<string, unknown>> | undefined;
}

export type Integration =
  | { readonly kind: 'lambda'; readonly functionId: string }
  | { readonly kind: 'sqs'; readonly queueArn: string; readonly requestTemplate: string };

export interface HttpRoutePart {
  readonly routeKey: string;
  readonly functionId: string;
}

export interface SocketRoutePart {
  readonly routeKey: string;
  readonly integration: Integration;
  readonly returnsResponse: boolean;
}

export interface SocketApiPart {
  readonly id: string;
  readonly stage: string;
  readonly selection: string;
  readonly routes: readonly SocketRoutePart[];
}

/** A function's own URL, which streams its answers. */
export interface FunctionUrlPart {
  readonly id: string;
  readonly functionId: string;
  /** `<id>.lambda-url.localhost:PORT` */
  readonly host: string;
}

/** The template's edge: its viewer-request functions (CloudFront Functions, JS 2.0), and the targets of its paths. */
export interface EdgePart {
  readonly viewerFunctions: readonly { readonly pathPattern: string; readonly code: string }[];
  /** In the order in which they are matched. Paths that match none of them go to the HTTP API. */
  readonly behaviors: readonly { readonly pathPattern: string; readonly originHost: string }[];
}

export interface SecretPart {
  readonly id: string;
  readonly arn: string;
  /** The value that `GenerateSecretString` would create is created once and stored in `.chorus`. */
  readonly length: number;
}

export interface Assembly {
  readonly functions: readonly FunctionPart[];
  readonly queues: readonly QueuePart[];
  readonly eventSources: readonly EventSourcePart[];
  readonly tables: readonly TablePart[];
  readonly buckets: readonly BucketPart[];
  readonly schedules: readonly SchedulePart[];
  readonly secrets: readonly SecretPart[];
  readonly httpApi: {
    readonly id: string;
    readonly routes: readonly HttpRoutePart[];
    /** `CorsConfiguration` of the API, if it has one. */
    readonly cors?: Readonly<Record<string, unknown>>;
  };
  readonly socketApi: SocketApiPart;
  readonly functionUrls: readonly FunctionUrlPart[];
  readonly edge?: EdgePart;
}

/** The result of one invocation. */
export type Outcome =
  | { readonly ok: true; readonly payload: unknown }
  | { readonly ok: false; readonly reason: 'error' | 'timeout' | 'crash'; readonly message: string };

/** A piece of a streamed answer. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** The content type of the whole answer, as the handler set it before the first piece. */
  readonly contentType: string | undefined;
}

/** Receives the pieces of a streamed answer, one after the other. */
export interface Sink {
  /** Resolves once there is room for more. */
  take(piece: Piece): Promise<void>;
  /** Aborted when the client has disconnected. */
  readonly gone: AbortSignal;
}

/**
 * Runs a function of the assembly as Lambda does: one event at a time per environment, killed at its timeout. What a
 * streaming handler writes goes to the sink before this resolves; without a sink it is dropped.
 */
export type Invoke = (functionId: string, event: unknown, sink?: Sink) => Promise<Outcome>;

/** A function's credentials and permissions. */
export interface Principal {
  readonly functionId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** IAM for the emulated services. */
export interface Access {
  /** The principal of an access key id; undefined for an unknown one. */
  principal(accessKeyId: string): Principal | undefined;
  /** Whether the role of that principal allows `action` (e.g. `dynamodb:PutItem`) on `resourceArn`. */
  allows(accessKeyId: string, action: string, resourceArn: string): boolean;
}

/** Seeded randomness of `--chaos`; undefined if chaos is off. */
export interface Chaos {
  /** A delay in ms for one invocation or post (0 to 30). */
  delayMs(): number;
  /** Whether to deliver this event twice. */
  duplicates(): boolean;
  /** Whether to kill this invocation, and after how many I/Os. */
  killAfter(): number | undefined;
}

/** An HTTP request as the emulated services receive it: with its complete body. */
export interface ServiceRequest {
  readonly method: string;
  /** Path with query, as sent. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface ServiceResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}
