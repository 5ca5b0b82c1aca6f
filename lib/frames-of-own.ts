import {
  type WebSocketApi,
  WebSocketIntegrationType,
  WebSocketRouteIntegration,
  type WebSocketRouteIntegrationConfig,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Arn, ArnFormat, Stack } from 'aws-cdk-lib/core';
import type { CapabilityFunction } from './capability-function.ts';

/**
 * Sends frames of many types to one function. The library's own integration lets the gateway invoke a function for the first
 * of its routes only, and with one for each route the function's policy would grow beyond what Lambda takes: so here the
 * gateway may invoke it for whole families of types, `store.*` and the like.
 */
export function routeFrames(api: WebSocketApi, types: readonly string[], fn: CapabilityFunction): void {
  const integration = new FramesOfOwn(`${fn.node.id}Frames`, fn);
  for (const type of types) api.addRoute(type, { integration });
  for (const family of new Set(types.map((type) => type.split('.', 1)[0] ?? type))) {
    fn.lambda.addPermission(`Frames-${family}`, {
      scope: api,
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: Stack.of(api).formatArn({
        service: 'execute-api',
        resource: api.apiId,
        resourceName: `*/${family}.*`,
      }),
    });
  }
}

class FramesOfOwn extends WebSocketRouteIntegration {
  readonly #fn: CapabilityFunction;

  constructor(id: string, fn: CapabilityFunction) {
    super(id);
    this.#fn = fn;
  }

  bind(): WebSocketRouteIntegrationConfig {
    const { lambda } = this.#fn;
    const uri = Arn.format(
      {
        service: 'apigateway',
        account: 'lambda',
        resource: 'path/2015-03-31/functions',
        resourceName: `${lambda.functionArn}/invocations`,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      },
      Stack.of(lambda),
    );
    return { type: WebSocketIntegrationType.AWS_PROXY, uri };
  }
}
