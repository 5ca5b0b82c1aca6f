import type { FunctionPart, Principal } from '../parts.ts';
import { ACCOUNT, REGION } from '../template/addresses.ts';

/** Environment variables that Lambda itself sets for a function. */
export function platformVariables(part: FunctionPart, principal: Principal): Record<string, string> {
  return {
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: principal.accessKeyId,
    AWS_SECRET_ACCESS_KEY: principal.secretAccessKey,
    AWS_SESSION_TOKEN: 'local-session',
    AWS_LAMBDA_FUNCTION_NAME: part.id,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(part.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${part.id}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    LAMBDA_TASK_ROOT: part.codeDir,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    _HANDLER: part.handler,
    _X_AMZN_TRACE_ID: 'Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0',
    TZ: ':UTC',
  };
}

/** The parts of the handler's context object that are the same for every invocation. */
export function contextOf(part: FunctionPart): Record<string, string> {
  return {
    functionName: part.id,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${part.id}`,
    memoryLimitInMB: String(part.memoryMb),
    logGroupName: `/aws/lambda/${part.id}`,
    logStreamName: 'local',
  };
}
