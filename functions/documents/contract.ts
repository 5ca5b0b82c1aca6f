import * as z from 'zod/mini';
import type { Access, Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { InstName } from '../insts/contract.ts';
import { KeyOrName, recordErrors, TimeMs } from '../records/contract.ts';

/**
 * Reading the branches of insts without watching them: the bots of CasualOS in a branch, and earlier versions of it.
 * Each of a branch's newest updates makes a version; of older versions the server keeps some, spaced and expired as the
 * setting `BRANCH_VERSIONS` says. A version is named by its number, which grows with every message that adds updates.
 */

const Version = () => z.int().check(z.minimum(1));
/** Also accepts the number as text, as a query has it. */
const GivenVersion = () => z.coerce.number().check(z.int(), z.minimum(1));

const example = { recordName: 'record', inst: 'inst' };
const place = () => ({
  recordName: z.optional(
    z
      .nullable(KeyOrName())
      .check(
        z.describe(
          'A record’s name, or one of its keys, from which the server reads only the name. Absent or null for public insts.',
        ),
      ),
  ),
  inst: InstName(),
  branch: z.optional(z.nullable(InstName()).check(z.describe('Default: `default`.'))),
});

const AtVersion = () =>
  z.object({ ...place(), version: GivenVersion() }).check(z.meta({ examples: [{ ...example, version: 1 }] }));

const Values = () => z.record(z.string(), z.unknown());
const Bots = () =>
  z.object({
    version: z.literal(1),
    state: z
      .record(
        z.string(),
        z.object({ id: z.string(), tags: Values(), masks: z.optional(z.object({ shared: Values() })) }),
      )
      .check(z.describe('Bots by id. A shared text appears as its current plain text.')),
  });

// Everyone may read public insts; for insts of records their markers decide. So the capability authorizes, not the
// door.
const reading = { caller: 'anyone', scope: 'read' } as const satisfies Access;
const writing = { caller: 'anyone', scope: 'write' } as const satisfies Access;
const errors = [...recordErrors, 'inst_not_found', 'too_large'] as const;

export const documentsContract = {
  operations: {
    getInstData: operation({
      summary: 'Read the bots in a branch of an inst.',
      input: () => z.object(place()).check(z.meta({ examples: [example] })),
      output: () => z.object({ data: Bots() }),
      access: reading,
      errors,
      http: { method: 'GET', path: '/instData' },
      procedure: { name: 'getInstData', origins: true },
      runsIn: 'documents',
    }),
    listInstVersions: operation({
      summary: 'List fifty versions of a branch, newest first.',
      input: () =>
        z
          .object({
            ...place(),
            version: z.optional(GivenVersion().check(z.describe('Continue the list after this version.'))),
          })
          .check(z.meta({ examples: [example] })),
      output: () =>
        z.object({
          versions: z.array(
            z.object({
              version: Version(),
              timeMs: TimeMs(),
              sizeInBytes: z.int().check(z.describe('Size in base64 of all updates that the branch then had.')),
            }),
          ),
        }),
      access: reading,
      errors,
      http: { method: 'GET', path: '/api/v2/records/insts/versions/list' },
      procedure: { name: 'listInstVersions', origins: 'api' },
      runsIn: 'documents',
    }),
    getInstVersion: operation({
      summary: 'Read a branch as it was at a version: its updates, and the bots in it.',
      input: AtVersion,
      output: () =>
        z.object({
          version: Version(),
          timeMs: TimeMs(),
          updates: z
            .array(z.string())
            .check(z.describe('Merged updates in base64; together they make up the document.')),
          data: Bots(),
        }),
      access: reading,
      errors: [...errors, 'not_found'],
      http: { method: 'GET', path: '/api/v2/records/insts/versions' },
      procedure: { name: 'getInstVersion', origins: 'api' },
      runsIn: 'documents',
    }),
    restoreInstVersion: operation({
      summary:
        'Restore a branch to an earlier version. The server undoes all later changes with an ordinary update: watchers receive it, and a further restore can undo it.',
      input: AtVersion,
      output: () =>
        z.object({ version: Version().check(z.describe('The new version of the branch, after the restore.')) }),
      access: writing,
      errors: [...errors, 'not_found', 'max_size_reached', 'conflict'],
      http: { method: 'POST', path: '/api/v2/records/insts/versions/restore' },
      procedure: { name: 'restoreInstVersion', origins: 'api' },
      runsIn: 'documents',
    }),
  },
  pushes: {},
} as const satisfies Contract;
