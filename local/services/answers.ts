import type { ServiceRequest, ServiceResponse } from '../parts.ts';
import { type JsonObject, objectOf } from '../template/json.ts';

/** One emulated service: `path` is the rest of the path after its base, with query. */
export type Service = (request: ServiceRequest, path: string) => ServiceResponse | Promise<ServiceResponse>;

/** A service's refusal of a call, which it writes in its own protocol. */
export class ServiceFailure extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): ServiceResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** An error in the format of Amazon's REST services: the code in a header. */
export function restError({ status, code, message }: Refused): ServiceResponse {
  return json(status, { message, Message: message }, { 'x-amzn-errortype': code });
}

/** An error in the format of Amazon's JSON services; the status of all errors is 400. */
export function targetError({ code, message }: Refused): ServiceResponse {
  return json(400, { __type: code, message }, { 'content-type': 'application/x-amz-json-1.1' });
}

interface Refused {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** The object in a body; an empty body, or another value, counts as `{}`. @throws ServiceFailure if it is no JSON */
export function readJsonBody(body: Buffer): JsonObject {
  return objectOf(readAnyJson(body));
}

/** Any JSON value; an empty body counts as `{}`. @throws ServiceFailure if it is no JSON */
export function readAnyJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new ServiceFailure(400, 'SerializationException', 'The request body is no JSON.');
  }
}

/** A segment of a path. @throws ServiceFailure on a broken escape */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ServiceFailure(400, 'ValidationException', 'The path is not valid percent-encoding.');
  }
}

/** The operation in `x-amz-target`, e.g. `GetSecretValue`. */
export function targetOf(request: ServiceRequest): string {
  return request.headers['x-amz-target']?.split('.').pop() ?? '';
}

/** Runs `answer`; `spell` writes its refusals. */
export async function spelling(
  spell: (refused: Refused) => ServiceResponse,
  answer: () => ServiceResponse | Promise<ServiceResponse>,
): Promise<ServiceResponse> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof ServiceFailure) return spell(error);
    throw error;
  }
}
