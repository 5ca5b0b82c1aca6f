import { isObject } from './json.ts';

/**
 * Addresses and client credentials of Privo, which stores accounts of children and asks their parents for consent
 * (COPPA). The names are those of CasualOS's own configuration.
 */
export interface PrivoSettings {
  /** Its API for servers. */
  readonly gatewayEndpoint: string;
  /** Its OpenID issuer, where users also sign out. */
  readonly publicEndpoint: string;
  readonly clientId: string;
  /** The client's secret itself, where the environment is private. */
  readonly clientSecret?: string;
  /** Else the ARN of a secret in AWS Secrets Manager whose text it is. */
  readonly clientSecretArn?: string;
  /** Our page that receives `code` and `state`. */
  readonly redirectUri: string;
  readonly roleIds: Readonly<Record<(typeof roles)[number], string>>;
  readonly featureIds: Readonly<Record<PrivoFeature, string>>;
  /** @default what account calls need */
  readonly clientTokenScopes?: string;
  /** @default what a sign-in needs */
  readonly userTokenScopes?: string;
  /**
   * In whole years. Younger users need a parent's consent.
   * @default 18
   */
  readonly ageOfConsent?: number;
}

export type PrivoFeature = (typeof features)[number];

const texts = ['gatewayEndpoint', 'publicEndpoint', 'clientId', 'redirectUri'] as const;
const roles = ['child', 'parent', 'adult'] as const;
const features = [
  'childPrivoSSO',
  'adultPrivoSSO',
  'joinAndCollaborate',
  'publishProjects',
  'projectDevelopment',
  'buildAIEggs',
] as const;

export function isPrivoSettings(value: unknown): value is PrivoSettings {
  if (!isObject(value) || !hasTexts(value, texts)) return false;
  const { gatewayEndpoint, publicEndpoint, roleIds, featureIds, clientSecret, clientSecretArn, ageOfConsent } = value;
  return (
    [gatewayEndpoint, publicEndpoint].every((address) => URL.canParse(String(address))) &&
    isText(clientSecret) !== isText(clientSecretArn) &&
    hasTexts(roleIds, roles) &&
    hasTexts(featureIds, features) &&
    [value.clientTokenScopes, value.userTokenScopes].every((scopes) => scopes === undefined || isText(scopes)) &&
    (ageOfConsent === undefined || (Number.isInteger(ageOfConsent) && Number(ageOfConsent) > 0))
  );
}

function hasTexts(value: unknown, names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => isText(value[name]));
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
