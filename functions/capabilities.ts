import { about } from './about/about.ts';
import { auth } from './auth/auth.ts';
import type { Bound } from './core/implement.ts';
import { data } from './data/data.ts';
import { events } from './events/events.ts';
import { insts } from './insts/insts.ts';
import { nodes } from './nodes/nodes.ts';
import { openId } from './openid/login.ts';
import { permissions } from './permissions/permissions.ts';
import { privo } from './privo/privo.ts';
import { records } from './records/records.ts';
import { rooms } from './rooms/rooms.ts';

/** Every capability that has operations in the light HTTP function. */
export const capabilities: readonly (readonly Bound[])[] = [
  about,
  auth,
  data,
  events,
  insts,
  nodes,
  openId,
  permissions,
  privo,
  records,
  rooms,
];
