import * as z from 'zod/mini';
import type { Access, Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { InstName } from '../insts/contract.ts';
import { KeyOrName, recordErrors, TimeMs } from '../records/contract.ts';

/**
 * What is in the branches of insts, for those who ask from outside: the bots of CasualOS, and what a branch was earlier. Each
 * of a branch's newest updates makes a version; of older ones some are kept, as far apart and for as long as the setting
 * `BRANCH_VERSIONS` says. A version is told by its number, which grows with every message that brought updates.
 */

const Version = () => z.int().check(z.minimum(1));
/** As a query spells it, too. */
const GivenVersion = () => z.coerce.number().check(z.int(), z.minimum(1));

const example = { recordName: 'record', inst: 'inst' };
const place = () => ({
  recordName: z.optional(
    z.nullable(KeyOrName()).check(z.describe('Of a key only the name counts. None: the inst is a public one.')),
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
      .check(z.describe('By id. Texts that are edited together are read as what they say.')),
  });

// Public insts are open to everybody, and those of records as their markers say: the inst is asked.
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
      summary: 'List fifty versions of a branch, the newest first.',
      input: () =>
        z
          .object({
            ...place(),
            version: z.optional(GivenVersion().check(z.describe('The list goes on after this one.'))),
          })
          .check(z.meta({ examples: [example] })),
      output: () =>
        z.object({
          versions: z.array(
            z.object({
              version: Version(),
              timeMs: TimeMs(),
              sizeInBytes: z.int().check(z.describe('Of all updates that the branch consisted of, in base64.')),
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
      summary: 'Read a branch as it was: its updates, and the bots in it.',
      input: AtVersion,
      output: () =>
        z.object({
          version: Version(),
          timeMs: TimeMs(),
          updates: z
            .array(z.string())
            .check(z.describe('Merged; together they are the document. In base64, as everywhere.')),
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
        'Bring a branch back to what it was. What came since is undone by an update like any other: whoever watches sees it, and it can be undone as well.',
      input: AtVersion,
      output: () =>
        z.object({ version: Version().check(z.describe('The one that the branch has now: what it was, and undone.')) }),
      access: writing,
      errors: [...errors, 'not_found', 'max_size_reached', 'conflict'],
      http: { method: 'POST', path: '/api/v2/records/insts/versions/restore' },
      procedure: { name: 'restoreInstVersion', origins: 'api' },
      runsIn: 'documents',
    }),
  },
  pushes: {},
} as const satisfies Contract;
