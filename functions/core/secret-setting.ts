import type { Ports } from './ports.ts';

/**
 * A secret that a setting holds: the text itself where the environment is private, else the ARN of the secret in AWS Secrets
 * Manager whose text it is.
 */
export async function secretSetting({ secrets }: Pick<Ports, 'secrets'>, value: string): Promise<string> {
  return value.startsWith('arn:') ? secrets.named(value) : value;
}
