import { aboutContract } from './about/contract.ts';
import { administrationContract } from './administration/contract.ts';
import { aiContract } from './ai/contract.ts';
import { apiKeysContract } from './api-keys/contract.ts';
import { auditContract } from './audit/contract.ts';
import { authContract } from './auth/contract.ts';
import { branchesContract } from './branches/contract.ts';
import { clerkContract } from './clerk/contract.ts';
import type { Contract } from './core/contract.ts';
import { dataContract } from './data/contract.ts';
import { definitionsContract } from './definitions/contract.ts';
import { documentsContract } from './documents/contract.ts';
import { doorbellContract } from './doorbell/contract.ts';
import { eventsContract } from './events/contract.ts';
import { filesContract } from './files/contract.ts';
import { groupsContract } from './groups/contract.ts';
import { instanceWebhooksContract } from './instance-webhooks/contract.ts';
import { instsContract } from './insts/contract.ts';
import { introspectionContract } from './introspection/contract.ts';
import { memoryContract } from './memory/contract.ts';
import { memoryYjsContract } from './memory-yjs/contract.ts';
import { nodesContract } from './nodes/contract.ts';
import { openIdContract } from './openid/contract.ts';
import { passkeysContract } from './passkeys/contract.ts';
import { permissionsContract } from './permissions/contract.ts';
import { privoContract } from './privo/contract.ts';
import { proceduresContract } from './procedures/contract.ts';
import { projectsContract } from './projects/contract.ts';
import { queriesContract } from './queries/contract.ts';
import { recordsContract } from './records/contract.ts';
import { roomsContract } from './rooms/contract.ts';
import { rulesContract } from './rules/contract.ts';
import { sharesContract } from './shares/contract.ts';
import { socketAuthContract } from './socket-auth/contract.ts';
import { socketHttpContract } from './socket-http/contract.ts';
import { socketLoginContract } from './socket-login/contract.ts';
import { socketTokensContract } from './socket-tokens/contract.ts';
import { storeContract } from './store/contract.ts';
import { usageContract } from './usage/contract.ts';
import { yjsContract } from './yjs/contract.ts';

/** Everything that can be asked of this backend, and everything it says on its own. */
export const protocol = {
  about: aboutContract,
  administration: administrationContract,
  ai: aiContract,
  apiKeys: apiKeysContract,
  auth: authContract,
  clerk: clerkContract,
  data: dataContract,
  documents: documentsContract,
  events: eventsContract,
  files: filesContract,
  groups: groupsContract,
  instanceWebhooks: instanceWebhooksContract,
  insts: instsContract,
  memory: memoryContract,
  nodes: nodesContract,
  doorbell: doorbellContract,
  memoryYjs: memoryYjsContract,
  openId: openIdContract,
  passkeys: passkeysContract,
  permissions: permissionsContract,
  privo: privoContract,
  projects: projectsContract,
  queries: queriesContract,
  records: recordsContract,
  rooms: roomsContract,
  shares: sharesContract,
  socketTokens: socketTokensContract,
  branches: branchesContract,
  socketAuth: socketAuthContract,
  socketHttp: socketHttpContract,
  store: storeContract,
  rules: rulesContract,
  definitions: definitionsContract,
  procedures: proceduresContract,
  introspection: introspectionContract,
  audit: auditContract,
  socketLogin: socketLoginContract,
  usage: usageContract,
  yjs: yjsContract,
} as const satisfies Record<string, Contract>;
