import { ENV } from '../core/env.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { privoProvider } from '../privo/provider.ts';
import type { OpenIdProvider } from './provider.ts';

/** The identity providers that the settings name. */
function providersIn({ settings, secrets }: Ports): readonly OpenIdProvider[] {
  return settings.privo ? [privoProvider(settings.privo, secrets)] : [];
}

/** @throws Failure `not_supported` if no provider is configured */
export function requireProviders(ports: Ports): readonly OpenIdProvider[] {
  const providers = providersIn(ports);
  if (providers.length > 0) return providers;
  throw new Failure('not_supported', `There is no identity provider here: the setting ${ENV.privo} is missing.`);
}

/** @returns undefined if the provider is not, or no longer, configured */
export function providerNamed(ports: Ports, name: string): OpenIdProvider | undefined {
  return requireProviders(ports).find((provider) => provider.name === name);
}
