import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type Callee, callees, workers } from '../functions/core/env.ts';
import { CapabilityFunction, type CapabilityFunctionProps } from './capability-function.ts';
import { DeadLetters } from './dead-letters.ts';
import type { Monitoring } from './monitoring.ts';

export interface ChorusFunctionsProps {
  readonly monitoring: Monitoring;
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
  /** @default false */
  readonly tracing?: boolean;
}

/** Both gateways give up on a function after 29 or 30 seconds. A function that ends earlier can still answer why. */
const GATEWAY_TIMEOUT = Duration.seconds(29);
/**
 * Clients wait for these. A frame takes a few milliseconds of CPU, but a cold start some 60 to 100: with 1,024 MB, 58 %
 * of a CPU, it stays below a quarter of a second. More memory would be billed while the function waits for the table.
 */
const HOT = 1_024;
/** Merging is CPU-bound, and holds a document in memory several times. This much memory comes with one whole CPU. */
const MERGING = 1_769;
/** No client waits for these. */
const STEADY = 512;

/** The functions, split by the weight of their dependencies and by what they may do, not by route. */
export class ChorusFunctions extends Construct {
  /** Handshakes, and frames that need no order. */
  readonly sockets: CapabilityFunction;
  /** The same bundle behind the lane: frames in order, and what follows a disconnect. */
  readonly ordered: CapabilityFunction;
  /** Frames of the store and its rules: the gateway knows them by their type. */
  readonly store: CapabilityFunction;
  /** The light HTTP capabilities. */
  readonly light: CapabilityFunction;
  /** Passkeys: verifying them takes a library of its own weight. */
  readonly passkeys: CapabilityFunction;
  /** Files: a function of its own, because few may access their bucket. */
  readonly files: CapabilityFunction;
  /** The same bundle behind the bucket's notifications: it processes uploaded files. */
  readonly fileArrivals: CapabilityFunction;
  /** Operations that read the content of shared documents: merging, reading, earlier versions. */
  readonly documents: CapabilityFunction;
  /** Projects, instances and their memory. */
  readonly instances: CapabilityFunction;
  /** Delivers instance webhooks. The only function that makes background requests to user-supplied URLs. */
  readonly webhooks: CapabilityFunction;
  /** Models that work with instances. */
  readonly ai: CapabilityFunction;
  /** The same bundle behind a function URL, which streams answers. */
  readonly aiStreams: CapabilityFunction;
  /** The same bundle again: images that take longer than a request may. */
  readonly images: CapabilityFunction;
  /** Posts to many recipients, and other background jobs. */
  readonly poster: CapabilityFunction;
  /** Scheduled jobs. */
  readonly jobs: CapabilityFunction;
  /** Jobs that failed for good. */
  readonly jobDeadLetters: DeadLetters;
  /** Work derived from changes of the table. */
  readonly derived: CapabilityFunction;

  constructor(scope: Construct, id: string, props: ChorusFunctionsProps) {
    super(scope, id);
    const { monitoring, logRetention, tracing } = props;
    const add = (name: string, fn: CapabilityFunctionProps) =>
      new CapabilityFunction(this, name, { logRetention, tracing, ...fn });

    this.sockets = add('Sockets', {
      bundle: 'sockets',
      description: 'Chorus: handshakes, and frames that need no order',
      timeout: GATEWAY_TIMEOUT,
      memorySize: HOT,
    });
    this.ordered = add('Ordered', {
      bundle: 'sockets',
      handler: 'lane',
      description: 'Chorus: frames in order, and what follows a disconnect',
      // Short, because a frame that hangs delays all later frames of its connection, for six times as long.
      timeout: Duration.seconds(10),
      memorySize: HOT,
    });
    this.store = add('Store', {
      bundle: 'store',
      description: 'Chorus: frames of the store and its rules',
      timeout: GATEWAY_TIMEOUT,
      memorySize: HOT,
    });
    this.light = add('Light', {
      bundle: 'http',
      description: 'Chorus: the light HTTP capabilities',
      timeout: GATEWAY_TIMEOUT,
      memorySize: HOT,
    });
    this.passkeys = add('Passkeys', {
      bundle: 'passkeys',
      description: 'Chorus: passkeys',
      timeout: GATEWAY_TIMEOUT,
      memorySize: HOT,
    });
    this.files = add('Files', {
      bundle: 'files',
      description: 'Chorus: files of records',
      timeout: GATEWAY_TIMEOUT,
      memorySize: HOT,
    });
    this.fileArrivals = add('FileArrivals', {
      bundle: 'files',
      handler: 'arrivals',
      description: 'Chorus: files whose bytes are there',
      timeout: Duration.seconds(10),
      memorySize: STEADY,
    });
    this.jobDeadLetters = new DeadLetters(this, 'JobDeadLetters', {
      monitoring,
      of: 'A job',
      runbook: 'job-dead-letters',
    });
    this.documents = add('Documents', {
      bundle: 'documents',
      description: 'Chorus: shared documents, where somebody has to look into them',
      timeout: GATEWAY_TIMEOUT,
      memorySize: MERGING,
      deadLetterQueue: this.jobDeadLetters.queue,
    });
    this.instances = add('Instances', {
      bundle: 'instances',
      description: 'Chorus: projects, instances and their memory',
      timeout: GATEWAY_TIMEOUT,
      memorySize: HOT,
    });
    this.webhooks = add('Webhooks', {
      bundle: 'webhooks',
      description: 'Chorus: tells addresses outside what happens in instances',
      // For two deliveries, each of which may take ten seconds. One that dies delays its key for six times as long.
      timeout: Duration.seconds(30),
      memorySize: STEADY,
    });
    this.ai = add('Ai', {
      bundle: 'ai',
      description: 'Chorus: models that work with instances',
      timeout: GATEWAY_TIMEOUT,
      memorySize: HOT,
    });
    this.aiStreams = add('AiStreams', {
      bundle: 'ai',
      handler: 'stream',
      description: 'Chorus: conversations with models, as they go on',
      // Time for ten steps of a reasoning model, including its tools.
      timeout: Duration.minutes(5),
      memorySize: HOT,
    });
    this.images = add('Images', {
      bundle: 'ai',
      handler: 'images',
      description: 'Chorus: images that take long',
      // Time for a minute of polling, including the waits for answers.
      timeout: Duration.minutes(3),
      memorySize: STEADY,
      deadLetterQueue: this.jobDeadLetters.queue,
    });
    this.poster = add('Poster', {
      bundle: 'fanout',
      description: 'Chorus: posts to the many',
      timeout: Duration.seconds(30),
      memorySize: HOT,
    });
    this.jobs = add('Jobs', {
      bundle: 'jobs',
      description: 'Chorus: what happens by the clock',
      // As long as the shortest interval: a longer job would overlap with its next run.
      timeout: Duration.minutes(1),
      memorySize: STEADY,
      deadLetterQueue: this.jobDeadLetters.queue,
    });
    this.derived = add('Derived', {
      bundle: 'stream',
      description: 'Chorus: work derived from changes of the table',
      timeout: Duration.minutes(1),
      memorySize: STEADY,
    });
  }

  /** Functions that answer requests, by the name that contracts use in `runsIn`. */
  get byContract(): Readonly<Record<Callee, CapabilityFunction>> {
    const { light: http, passkeys, files, documents, instances, ai } = this;
    return { http, passkeys, files, documents, instances, ai };
  }

  /** Lets `fn` pass requests on to all functions with operations except the light one, and tells it their names. */
  grantPassingOn(fn: CapabilityFunction): void {
    const { http, ...others } = this.byContract;
    for (const [name, callee] of Object.entries(others)) {
      fn.allow(['lambda:InvokeFunction'], [callee.lambda.functionArn]);
      fn.tell(callees[name as Callee], callee.lambda.functionName); // the keys that are left
    }
  }

  /** Lets `fn` invoke the light function to answer requests, and tells it the name. */
  grantAsking(fn: CapabilityFunction): void {
    fn.allow(['lambda:InvokeFunction'], [this.light.lambda.functionArn]);
    fn.tell(callees.http, this.light.lambda.functionName);
  }

  /** Lets `fn` start the documents function, which merges documents, and tells it the name. */
  grantMerging(fn: CapabilityFunction): void {
    fn.allow(['lambda:InvokeFunction'], [this.documents.lambda.functionArn]);
    fn.tell(callees.documents, this.documents.lambda.functionName);
  }

  /** Lets `fn` hand over image jobs that take long, and tells it the function's name. */
  grantImages(fn: CapabilityFunction): void {
    fn.allow(['lambda:InvokeFunction'], [this.images.lambda.functionArn]);
    fn.tell(workers.images, this.images.lambda.functionName);
  }

  get all(): readonly CapabilityFunction[] {
    const { sockets, store, ordered, light, passkeys, files, documents, instances, ai, aiStreams } = this;
    const requests = [sockets, store, ordered, light, passkeys, files, documents, instances, ai, aiStreams];
    return [...requests, this.images, this.fileArrivals, this.webhooks, this.poster, this.jobs, this.derived];
  }
}
