import type { Ports } from './ports.ts';

/**
 * The secret in a setting: either the text itself, if the environment is private, or the ARN of the secret in AWS
 * Secrets Manager that holds it.
 */
export async function secretSetting({ secrets }: Pick<Ports, 'secrets'>, value: string): Promise<string> {
  return value.startsWith('arn:') ? secrets.named(value) : value;
}
