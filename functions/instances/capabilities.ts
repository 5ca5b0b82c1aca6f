import { administration } from '../administration/administration.ts';
import { apiKeys } from '../api-keys/api-keys.ts';
import { clerk } from '../clerk/clerk.ts';
import type { Bound } from '../core/implement.ts';
import { groups } from '../groups/groups.ts';
import { instanceWebhooks } from '../instance-webhooks/instance-webhooks.ts';
import { memory } from '../memory/memory.ts';
import { projects } from '../projects/projects.ts';
import { shares } from '../shares/shares.ts';
import { socketTokens } from '../socket-tokens/socket-tokens.ts';
import { usage } from '../usage/usage.ts';

/** Every capability whose HTTP operations live in the function of instances. */
export const instanceCapabilities: readonly (readonly Bound[])[] = [
  administration,
  apiKeys,
  clerk,
  groups,
  instanceWebhooks,
  memory,
  projects,
  shares,
  socketTokens,
  usage,
];
