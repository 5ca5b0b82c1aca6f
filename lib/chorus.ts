import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CapabilityFunction } from './capability-function.ts';
import { ChorusData } from './chorus-data.ts';
import { ChorusFunctions } from './chorus-functions.ts';
import type { ChorusProps } from './chorus-props.ts';
import { Deliveries } from './deliveries.ts';
import { Edge } from './edge.ts';
import { FanOut } from './fan-out.ts';
import { FileArrivals } from './file-arrivals.ts';
import { HttpApi } from './http-api.ts';
import { Lane } from './lane.ts';
import { Monitoring } from './monitoring.ts';
import { grantMail, grantTextMessages } from './outbox.ts';
import { Reminders } from './reminders.ts';
import { directTypes, exactRoutes, orderedTypes } from './routes.ts';
import { Schedules } from './schedules.ts';
import {
  doorSettings,
  instanceSettings,
  memorySettings,
  modelSettings,
  nodeSettings,
  outboundSettings,
  passkeySettings,
  roomSettings,
} from './settings.ts';
import { SocketApi } from './socket-api.ts';
import { StreamingUrl } from './streaming-url.ts';
import { TableStream } from './table-stream.ts';
import { validateProps } from './validate-props.ts';
import { watchFunctions, watchTables } from './watch.ts';

/**
 * A multiplayer backend for any stack: `new Chorus(this, 'Chorus', { anonymous: ['rooms'] })`. This file is the table of
 * contents: what is deployed, how it is wired, and who may touch what.
 */
export class Chorus extends Construct {
  readonly data: ChorusData;
  readonly monitoring: Monitoring;
  readonly httpApi: HttpApi;
  readonly socketApi: SocketApi;
  /** Undefined if the prop `edge` is false. */
  readonly edge: Edge | undefined;

  constructor(scope: Construct, id: string, props: ChorusProps = {}) {
    super(scope, id);
    validateProps(props);
    this.#beAlone();
    const { logRetention, tracing } = props;

    const monitoring = new Monitoring(this, 'Monitoring', props);
    const data = props.data ?? new ChorusData(this, 'Data', { removal: props.removal });
    const functions = new ChorusFunctions(this, 'Functions', { monitoring, logRetention, tracing });
    const { sockets, store, ordered, light, passkeys, files, fileArrivals, documents, poster } = functions;
    const { instances, ai, aiStreams, images, webhooks, jobs, jobDeadLetters, derived } = functions;

    const lane = new Lane(this, 'Lane', { consumer: ordered, monitoring });
    const fanOut = new FanOut(this, 'FanOut', { consumer: poster, monitoring });
    const deliveries = new Deliveries(this, 'Deliveries', { consumer: webhooks, monitoring });
    const reminders = new Reminders(this, 'Reminders', { consumer: poster, monitoring });
    const httpApi = new HttpApi(this, 'HttpApi', {
      light,
      exactRoutes: exactRoutes(),
      functions: functions.byContract,
      monitoring,
      throttle: props.httpThrottle,
      logRetention,
    });
    const socketApi = new SocketApi(this, 'SocketApi', {
      sockets,
      lane,
      orderedTypes: orderedTypes(),
      store,
      storeTypes: directTypes('store'),
      monitoring,
      throttle: props.socketThrottle,
      accessLogs: props.socketAccessLogs,
      logRetention,
    });
    new TableStream(this, 'TableStream', { table: data.table, reader: derived, monitoring });
    new FileArrivals(this, 'FileArrivals', { files: data.files, reader: fileArrivals, monitoring });
    new Schedules(this, 'Schedules', { jobs, deadLetters: jobDeadLetters, monitoring });
    const { domainName, certificate } = props;
    const streams = new StreamingUrl(this, 'AiUrl', { fn: aiStreams });
    const edge =
      props.edge === false
        ? undefined
        : new Edge(this, 'Edge', { httpApi, socketApi, streams, domainName, certificate });
    const models = [ai, aiStreams, images];

    for (const fn of functions.all) {
      data.table.grantItems(fn);
      fn.tellAll({ ...nodeSettings(props), ...memorySettings(props) });
    }
    for (const fn of [sockets, store, ordered, light, documents, instances, ...models, poster, jobs, derived]) {
      fanOut.grantSend(fn);
      fn.tellAll(roomSettings(props.rooms));
    }
    for (const fn of [light, sockets, ordered, documents, instances, ...models, poster]) data.blobs.grantBlobs(fn);
    for (const fn of [sockets, ordered, documents, instances, ...models, poster]) data.blobs.grantMessages(fn);
    data.blobs.grantCleaning(derived);
    // HTTP functions need the connections table too: they read the members of a room and count rate limits there, and
    // those that erase documents check whether they still have members.
    const answering = [sockets, store, ordered, light, passkeys, files, documents, instances, ai, aiStreams];
    for (const fn of [...answering, images, poster, jobs, derived]) {
      data.connections.grantItems(fn);
    }
    data.files.grantFiles(files);
    data.files.grantFollowing(fileArrivals);
    data.files.grantErasing(derived);
    for (const fn of [sockets, store, ordered, documents, instances, ...models, poster, jobs])
      socketApi.grantPosting(fn);
    for (const fn of answering) {
      data.serverSecret.grantRead(fn);
      // For the same reason as below, the streaming function does not get the edge's URL unless the edge has its own
      // domain name.
      const isKnown = edge !== undefined && (fn !== aiStreams || domainName !== undefined);
      fn.tellAll(doorSettings(props, isKnown ? [edge.url, httpApi.url] : [httpApi.url]));
      if (props.clerk?.secretKeyArn !== undefined) readSecret(fn, props.clerk.secretKeyArn);
    }
    lane.grantGreet(sockets);
    for (const fn of [sockets, ordered, store, instances, ...models, webhooks, poster, derived]) reminders.grantSet(fn);
    for (const fn of [webhooks, poster, derived]) deliveries.grantSend(fn);
    data.serverSecret.grantRead(webhooks);
    data.blobs.grantReading(webhooks);
    webhooks.tellAll(outboundSettings(props));
    for (const fn of [sockets, light, passkeys, files, documents, instances, ai, aiStreams]) edge?.grantProof(fn);
    functions.grantPassingOn(light);
    functions.grantAsking(sockets);
    // Not the streaming function: the edge refers to it, so it must not refer to functions that refer to the edge.
    for (const fn of [sockets, ordered, instances, ai, images, poster]) functions.grantMerging(fn);
    functions.grantImages(ai);
    passkeys.tellAll(passkeySettings(props));
    instances.tellAll({ ...instanceSettings(props), ...outboundSettings(props) });
    for (const arn of [props.clerk?.webhookSecretArn, props.adminTokenArn]) {
      if (arn !== undefined) readSecret(instances, arn);
    }
    for (const fn of models) {
      fn.tellAll(modelSettings(props));
      fn.tellAll(outboundSettings(props));
      for (const arn of [props.openAi?.apiKeyArn, props.fireworks?.apiKeyArn])
        if (arn !== undefined) readSecret(fn, arn);
    }
    if (props.privo !== undefined) readSecret(light, props.privo.clientSecretArn);
    if (props.mailFrom !== undefined) grantMail(light, props.mailFrom);
    if (props.smsSender !== undefined) grantTextMessages(light, props.smsSender);

    watchFunctions(this, monitoring, functions.all);
    watchTables(this, monitoring, [data.table.table, data.connections.table]);
    this.data = data;
    this.monitoring = monitoring;
    this.httpApi = httpApi;
    this.socketApi = socketApi;
    this.edge = edge;
  }

  /** One Chorus per stack, because the queues are named after the stack. */
  #beAlone(): void {
    const stack = Stack.of(this);
    const other = stack.node
      .findAll()
      .find((node) => node !== this && node instanceof Chorus && Stack.of(node) === stack);
    if (other !== undefined) {
      throw new Error(
        `Chorus: ${this.node.path} must have a stack of its own; ${other.node.path} is in this one already.`,
      );
    }
  }
}

/** A secret that the operator created. */
function readSecret(fn: CapabilityFunction, arn: string): void {
  fn.allow(['secretsmanager:GetSecretValue'], [arn]);
}
