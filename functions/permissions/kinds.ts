import type { Kind } from './contract.ts';
import { actionsOf } from './contract.ts';

/** Something that is done to a kind of resource. */
export interface Deed {
  readonly kind: Kind;
  readonly action: string;
}

type Deeds = Readonly<Partial<Record<Kind, readonly string[]>>>;

/** What everybody may do to what bears `publicRead`, session or not. */
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

/** What `publicWrite` adds. */
export const publicWrite: Deeds = {
  data: ['create', 'update', 'delete'],
  file: ['create', 'delete'],
  event: ['increment', 'create'],
  inst: ['updateData', 'sendAction', 'create', 'delete'],
  contract: ['purchase'],
};

/** What a record key opens; for everything else the request counts as the plain user's. */
export const openedByKey: Deeds = {
  data: ['read', 'create', 'update', 'delete', 'list'],
  file: ['read', 'create', 'delete'],
  event: ['create', 'count', 'increment', 'update'],
  inst: ['read', 'create', 'update', 'updateData', 'delete', 'sendAction'],
};

/** What a member of the owning studio may do; an admin may do everything. */
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

/** What a moderator may do everywhere. */
export const openToModerators: readonly string[] = ['read', 'list', 'count', 'listSubscriptions', 'purchase'];

export function allows(deeds: Deeds, { kind, action }: Deed): boolean {
  return deeds[kind]?.includes(action) ?? false;
}
