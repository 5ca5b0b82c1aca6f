import type { AsyncInvoke } from '../async-invoke.ts';
import type { Access, FunctionPart, Invoke, Outcome, ServiceResponse } from '../parts.ts';
import { admit } from '../service-access.ts';
import { decoded, json, readAnyJson, restError, type Service, ServiceFailure, spelling } from './answers.ts';

export interface InvocationsOptions {
  readonly access: Access;
  readonly functions: readonly FunctionPart[];
  readonly invoke: Invoke;
  readonly invokeAsync: AsyncInvoke;
}

const maxAsyncBytes = 256 * 1024;

/** ARN of a function of this runtime. */
export function functionArn(id: string): string {
  return `arn:aws:lambda:us-east-1:000000000000:function:${id}`;
}

/** Lambda's `Invoke`: waits for the function, or only passes the event on. */
export function createInvocations({ access, functions, invoke, invokeAsync }: InvocationsOptions): Service {
  return (request, path) =>
    spelling(restError, async () => {
      const [, encoded] = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?|$)/.exec(path) ?? [];
      const name = decoded(encoded ?? '')
        .replace(/^.*:function:/, '')
        .replace(/:.*$/, '');
      const admission = admit(access, request, [['lambda:InvokeFunction', functionArn(name)]]);
      if (!admission.ok) return restError(admission);
      const target = functions.find((part) => part.id === name);
      if (!target)
        throw new ServiceFailure(404, 'ResourceNotFoundException', `Function not found: ${functionArn(name)}`);
      const event = readAnyJson(request.body);
      switch (request.headers['x-amz-invocation-type'] ?? 'RequestResponse') {
        case 'RequestResponse':
          return answered(target, await invoke(target.id, event));
        case 'Event':
          if (request.body.length > maxAsyncBytes) {
            throw new ServiceFailure(
              413,
              'RequestTooLargeException',
              `${request.body.length} byte payload is too large.`,
            );
          }
          invokeAsync(target.id, event);
          return { status: 202, headers: {}, body: '' };
        case 'DryRun':
          return { status: 204, headers: {}, body: '' };
        default:
          throw new ServiceFailure(400, 'InvalidParameterValueException', 'Unknown invocation type.');
      }
    });
}

/** A call succeeds even if the function failed: 200, with a header that says so. */
function answered({ timeoutSeconds }: FunctionPart, outcome: Outcome): ServiceResponse {
  const headers = { 'x-amz-executed-version': '$LATEST' };
  if (outcome.ok) return json(200, outcome.payload ?? null, headers);
  const error =
    outcome.reason === 'timeout'
      ? { errorType: 'Sandbox.Timedout', errorMessage: `Task timed out after ${timeoutSeconds.toFixed(2)} seconds` }
      : { errorType: outcome.reason === 'crash' ? 'Runtime.ExitError' : 'Error', errorMessage: outcome.message };
  return json(200, error, { ...headers, 'x-amz-function-error': 'Unhandled' });
}
