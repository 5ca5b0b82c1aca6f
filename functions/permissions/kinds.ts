import type { Kind } from './contract.ts';
import { actionsOf } from './contract.ts';

/** An action on a kind of resource. */
export interface Deed {
  readonly kind: Kind;
  readonly action: string;
}

type Deeds = Readonly<Partial<Record<Kind, readonly string[]>>>;

/** Allowed to everybody, with or without a session, on resources marked `publicRead`. */
export const publicRead: Deeds = {
  data: ['read', 'list'],
  file: ['read'],
  event: ['count'],
  inst: ['read'],
  webhook: ['run'],
  notification: ['read', 'list', 'subscribe'],
  package: ['read', 'list'],
  'package.version': ['read', 'list', 'run'],
  search: ['read', 'list'],
  database: ['read', 'list'],
  contract: ['read', 'list'],
  purchasableItem: ['read', 'list', 'purchase'],
};

/** Allowed in addition by `publicWrite`. */
export const publicWrite: Deeds = {
  data: ['create', 'update', 'delete'],
  file: ['create', 'delete'],
  event: ['increment', 'create'],
  inst: ['updateData', 'sendAction', 'create', 'delete'],
  contract: ['purchase'],
};

/** Allowed by a record key. For all other actions the request has only the user's own permissions. */
export const openedByKey: Deeds = {
  data: ['read', 'create', 'update', 'delete', 'list'],
  file: ['read', 'create', 'delete'],
  event: ['create', 'count', 'increment', 'update'],
  inst: ['read', 'create', 'update', 'updateData', 'delete', 'sendAction'],
};

/** Allowed to members of the owning studio; its admins may do everything. */
export const openedByStudio: Deeds = {
  data: actionsOf.data,
  file: ['read', 'create', 'delete', 'list'],
  event: ['create', 'count', 'increment', 'list'],
  inst: actionsOf.inst,
  webhook: actionsOf.webhook,
  package: actionsOf.package,
  'package.version': actionsOf['package.version'],
  loom: actionsOf.loom,
  'ai.sloyd': ['create'],
  'ai.hume': ['create'],
  'ai.openai.realtime': ['create'],
  'ai.chat': ['create'],
  'ai.image': ['create'],
  'ai.skybox': ['create'],
};

/** Actions that moderators may do everywhere. */
export const openToModerators: readonly string[] = ['read', 'list', 'count', 'listSubscriptions', 'purchase'];

export function allows(deeds: Deeds, { kind, action }: Deed): boolean {
  return deeds[kind]?.includes(action) ?? false;
}
