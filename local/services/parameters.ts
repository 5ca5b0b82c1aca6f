import type { Access } from '../parts.ts';
import { admit } from '../service-access.ts';
import { type JsonObject, listOf } from '../template/json.ts';
import { json, readJsonBody, type Service, ServiceFailure, spelling, targetError, targetOf } from './answers.ts';

/** SSM's parameters: `GetParameter` and `GetParameters` for the values given to the runtime. */
export function createParameters(access: Access, values: Readonly<Record<string, string>>): Service {
  return (request) =>
    spelling(targetError, () => {
      const body = readJsonBody(request.body);
      const action = targetOf(request);
      const names = action === 'GetParameter' ? [String(body.Name)] : listOf(body.Names).map(String);
      const admission = admit(
        access,
        request,
        names.map((name) => [`ssm:${action}`, arnOf(name)]),
      );
      if (!admission.ok) return targetError(admission);
      const headers = { 'content-type': 'application/x-amz-json-1.1' };
      const found = names.flatMap((name) => parameter(name, values[name]));
      if (action === 'GetParameter') {
        if (!found[0]) throw new ServiceFailure(400, 'ParameterNotFound', `The parameter ${names[0]} does not exist.`);
        return json(200, { Parameter: found[0] }, headers);
      }
      if (action !== 'GetParameters') {
        throw new ServiceFailure(400, 'UnknownOperationException', `${action} is not served here.`);
      }
      return json(
        200,
        { Parameters: found, InvalidParameters: names.filter((name) => !Object.hasOwn(values, name)) },
        headers,
      );
    });
}

function parameter(name: string, value: string | undefined): JsonObject[] {
  if (value === undefined) return [];
  return [{ Name: name, Type: 'SecureString', Value: value, Version: 1, DataType: 'text', ARN: arnOf(name) }];
}

/** A name that starts with a slash does not get a second one. */
function arnOf(name: string): string {
  return `arn:aws:ssm:us-east-1:000000000000:parameter${name.startsWith('/') ? '' : '/'}${name}`;
}
