import * as z from 'zod/mini';
import type { Ports } from '../core/ports.ts';
import type { PrivoSettings } from '../core/privo-settings.ts';
import { callPrivo } from './client.ts';
import { readAnswer } from './read-answer.ts';

/** Privo's result for an address or a display name that a user wants. */
export interface Checked {
  readonly isAvailable: boolean;
  readonly suggestions: string[] | undefined;
  readonly profanity: boolean | undefined;
}

const Answer = () =>
  z.object({
    available: z.boolean(),
    suggestions: z.nullish(z.array(z.string())),
    profanity: z.nullish(z.boolean()),
  });

/** Leaves out Privo's result on profanity, which means nothing for addresses. */
export async function checkEmail(ports: Ports, privo: PrivoSettings, email: string): Promise<Checked> {
  return { ...(await check(ports, privo, '/api/v1.0/account/check/email', { email })), profanity: undefined };
}

export function checkDisplayName(ports: Ports, privo: PrivoSettings, displayName: string): Promise<Checked> {
  const asked = { display_name: displayName, suggest: true };
  return check(ports, privo, '/api/v1.0/account/check/display-name', asked);
}

async function check(ports: Ports, privo: PrivoSettings, path: `/${string}`, asked: object): Promise<Checked> {
  const answer = readAnswer(ports, Answer(), await callPrivo(ports, privo, path, asked), path);
  return {
    isAvailable: answer.available,
    suggestions: answer.suggestions ?? undefined,
    profanity: answer.profanity ?? undefined,
  };
}
