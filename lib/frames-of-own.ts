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
 * Sends frames of many types to one function. CDK's integration permits the gateway to invoke a function only for the
 * first of its routes. One permission for each route would exceed Lambda's limit for the function's policy. So this
 * permits whole families of types, such as `store.*`.
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
