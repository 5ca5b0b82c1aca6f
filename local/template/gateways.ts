import type { Assembly, EdgePart, FunctionUrlPart, HttpRoutePart, Integration, SocketRoutePart } from '../parts.ts';
import { functionIdIn } from './functions.ts';
import { type JsonObject, listOf, objectOf, optionalText } from './json.ts';
import type { Resolver, Resource } from './resolver.ts';
import { isAllowed, roleNameIn, statementsOf } from './statements.ts';

/** The only HTTP API of the assembly. @throws Error if there is none, or more than one */
export function readHttpApi(resolver: Resolver): Assembly['httpApi'] {
  const api = onlyApi(resolver, 'HTTP');
  const cors = objectOf(resolver.lenient(api, api.properties.CorsConfiguration));
  const routes = routesOf(resolver, api).map(({ resource, routeKey, target }): HttpRoutePart => {
    const functionId = functionIdIn(target.IntegrationUri);
    if (functionId === undefined) throw new Error(`The route ${resource.id} (${routeKey}) calls no function.`);
    return { routeKey, functionId };
  });
  return { id: api.id, routes, ...(Object.keys(cors).length === 0 ? {} : { cors }) };
}

/** The only WebSocket API of the assembly. @throws Error if there is none, or more than one, or it has no stage */
export function readSocketApi(resolver: Resolver): Assembly['socketApi'] {
  const api = onlyApi(resolver, 'WEBSOCKET');
  const stage = resolver
    .of('AWS::ApiGatewayV2::Stage')
    .find((resource) => resolver.lenient(resource, resource.properties.ApiId) === api.id);
  if (stage === undefined) throw new Error(`The WebSocket API ${api.id} has no stage.`);
  return {
    id: api.id,
    stage: resolver.ref(stage),
    selection: optionalText(api.properties.RouteSelectionExpression) ?? '$request.body.action',
    routes: routesOf(resolver, api).map(
      ({ resource, routeKey, target }): SocketRoutePart => ({
        routeKey,
        integration: integrationOf(resolver, resource, routeKey, target),
        returnsResponse: resource.properties.RouteResponseSelectionExpression !== undefined,
      }),
    ),
  };
}

function onlyApi(resolver: Resolver, protocol: 'HTTP' | 'WEBSOCKET'): Resource {
  const apis = resolver
    .of('AWS::ApiGatewayV2::Api')
    .filter((resource) => resource.properties.ProtocolType === protocol);
  const [api, another] = apis;
  if (api === undefined) throw new Error(`The assembly has no ${protocol} API.`);
  if (another !== undefined) throw new Error(`The assembly has two ${protocol} APIs: ${api.id} and ${another.id}.`);
  return api;
}

function routesOf(resolver: Resolver, api: Resource) {
  const integrations = new Map<string, Resource>(
    resolver.of('AWS::ApiGatewayV2::Integration').map((each) => [`integrations/${each.id}`, each] as const),
  );
  return resolver
    .of('AWS::ApiGatewayV2::Route')
    .filter((resource) => resolver.lenient(resource, resource.properties.ApiId) === api.id)
    .map((resource) => {
      const routeKey = String(resource.properties.RouteKey);
      const authorization = optionalText(resource.properties.AuthorizationType) ?? 'NONE';
      if (authorization !== 'NONE') {
        throw new Error(`The route ${routeKey} is authorized by ${authorization}; the local runtime knows NONE only.`);
      }
      const integration = integrations.get(String(resolver.lenient(resource, resource.properties.Target)));
      if (integration === undefined) throw new Error(`The route ${routeKey} of ${api.id} has no integration.`);
      return { resource, routeKey, target: objectOf(resolver.lenient(integration, integration.properties)) };
    });
}

/**
 * A function, or a queue that gets the message through a request template.
 * @throws Error for any other target, and for a queue that the route's role may not send to
 */
function integrationOf(resolver: Resolver, route: Resource, routeKey: string, target: JsonObject): Integration {
  const uri = String(target.IntegrationUri);
  const functionId = functionIdIn(uri);
  if (functionId !== undefined) return { kind: 'lambda', functionId };
  const [, region, account, queue] = /:apigateway:([^:]+):sqs:path\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  const requestTemplate = optionalText(objectOf(target.RequestTemplates).$default);
  if (queue === undefined || requestTemplate === undefined) {
    throw new Error(`The route ${route.id} (${routeKey}) leads to ${uri}, which is no function and no queue.`);
  }
  const queueArn = `arn:aws:sqs:${region}:${account}:${queue}`;
  const statements = statementsOf(resolver, roleNameIn(target.CredentialsArn));
  if (!isAllowed(statements, 'sqs:SendMessage', queueArn)) {
    throw new Error(`The role of the route ${route.id} (${routeKey}) does not allow sqs:SendMessage on ${queueArn}.`);
  }
  return { kind: 'sqs', queueArn, requestTemplate };
}

/** The edge's viewer-request functions: those of the path patterns first, that of the default behaviour last. */
export function readEdge(resolver: Resolver): EdgePart | undefined {
  const codes = new Map(
    resolver
      .of('AWS::CloudFront::Function')
      .map((each) => [resolver.attribute(each, 'FunctionARN'), resolver.lenient(each, each.properties.FunctionCode)]),
  );
  const viewerFunctions = resolver.of('AWS::CloudFront::Distribution').flatMap((resource) => {
    const config = objectOf(resolver.lenient(resource, resource.properties.DistributionConfig));
    const behaviors = [...listOf(config.CacheBehaviors), config.DefaultCacheBehavior].map(objectOf);
    return behaviors.flatMap((behavior) =>
      listOf(behavior.FunctionAssociations)
        .map(objectOf)
        .filter((association) => association.EventType === 'viewer-request')
        .map((association) => ({
          pathPattern: optionalText(behavior.PathPattern) ?? '*',
          code: String(codes.get(String(association.FunctionARN)) ?? ''),
        })),
    );
  });
  return viewerFunctions.length === 0 ? undefined : { viewerFunctions, behaviors: behaviorsOf(resolver) };
}

function behaviorsOf(resolver: Resolver): EdgePart['behaviors'] {
  return resolver.of('AWS::CloudFront::Distribution').flatMap((resource) => {
    const config = objectOf(resolver.lenient(resource, resource.properties.DistributionConfig));
    const origins = listOf(config.Origins).map(objectOf);
    const hosts = new Map(origins.map(({ Id, DomainName }) => [String(Id), String(DomainName)]));
    return listOf(config.CacheBehaviors)
      .map(objectOf)
      .map(({ PathPattern, TargetOriginId }) => ({
        pathPattern: String(PathPattern),
        originHost: hosts.get(String(TargetOriginId)) ?? '',
      }));
  });
}

/** Functions' own URLs. @throws Error for one with features that the local runtime lacks */
export function readFunctionUrls(resolver: Resolver): readonly FunctionUrlPart[] {
  return resolver.of('AWS::Lambda::Url').map((resource) => {
    const { AuthType, InvokeMode, Cors } = resource.properties;
    const functionId = functionIdIn(resolver.lenient(resource, resource.properties.TargetFunctionArn));
    if (functionId === undefined) throw new Error(`The function URL ${resource.id} names no function.`);
    if (AuthType !== 'NONE' || InvokeMode !== 'RESPONSE_STREAM' || Cors !== undefined) {
      throw new Error(
        `The function URL ${resource.id} must be open, without CORS of its own, and stream: the local runtime knows no others.`,
      );
    }
    return { id: resource.id, functionId, host: new URL(resolver.attribute(resource, 'FunctionUrl')).host };
  });
}
