import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { readJson, writeJson } from '../json-file.ts';
import type { Access, SecretPart } from '../parts.ts';
import { admit } from '../service-access.ts';
import { json, readJsonBody, type Service, ServiceFailure, spelling, targetError, targetOf } from './answers.ts';

const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Secrets Manager: each secret of the template has one random value, created at the first start and stored in the data
 * folder.
 *
 * @param dataDir without it every start creates new values
 */
export function createSecrets(
  access: Access,
  secrets: readonly SecretPart[],
  clock: Clock,
  dataDir: string | undefined,
): Service {
  const values = valuesOf(secrets, dataDir);
  return (request) =>
    spelling(targetError, () => {
      const { SecretId } = readJsonBody(request.body);
      const wanted = String(SecretId);
      // By ARN, by ARN without the six characters that Amazon appends, or by name.
      const secret = secrets.find(({ id, arn }) => {
        const partial = arn.replace(/-\w{6}$/, '');
        return [id, arn, partial, partial.split(':').pop()].includes(wanted);
      });
      const action = targetOf(request);
      const admission = admit(access, request, [[`secretsmanager:${action}`, secret?.arn ?? wanted]]);
      if (!admission.ok) return targetError(admission);
      if (action !== 'GetSecretValue')
        throw new ServiceFailure(400, 'InvalidRequestException', 'Only GetSecretValue is served here.');
      const value = secret && values[secret.arn];
      if (!secret || value === undefined) {
        throw new ServiceFailure(400, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
      }
      return json(
        200,
        {
          ARN: secret.arn,
          Name: secret.arn
            .replace(/-\w{6}$/, '')
            .split(':')
            .pop(),
          SecretString: value,
          VersionId: '00000000-0000-4000-8000-000000000000',
          VersionStages: ['AWSCURRENT'],
          CreatedDate: clock.now() / 1000,
        },
        { 'content-type': 'application/x-amz-json-1.1' },
      );
    });
}

function valuesOf(secrets: readonly SecretPart[], dataDir: string | undefined): Readonly<Record<string, string>> {
  const path = dataDir === undefined ? undefined : join(dataDir, 'secrets.json');
  const kept = path === undefined ? {} : readJson<Record<string, string>>(path, {});
  const values = Object.fromEntries(secrets.map(({ arn, length }) => [arn, kept[arn] ?? random(length)]));
  if (path !== undefined && secrets.some(({ arn }) => kept[arn] === undefined)) writeJson(path, { ...kept, ...values });
  return values;
}

function random(length: number): string {
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
}
