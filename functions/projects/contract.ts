import * as z from 'zod/mini';
import { credentialErrors } from '../auth/contract.ts';
import { operation, wholeSentence } from '../core/contract.ts';

/**
 * Projects and their instances, as MindCache's clients manage them. Stored rows have fields in snake_case, requests in
 * camelCase, and times are seconds since 1970.
 */

/** Longer than any id. What is longer still is cut, and so names nothing: the answer is that there is no such thing. */
const maxIdLength = 256;
export const cutId = (id: string): string => id.slice(0, maxIdLength);
export const Id = () => z.string().check(z.minLength(1), z.overwrite(cutId));
export const Seconds = () => z.int().check(z.describe('Seconds since 1970.'));
export const Success = () => z.object({ success: z.literal(true) });
/** A required name. The server trims blanks around it. */
export const Name = (missing: string) =>
  z
    .string(wholeSentence(missing))
    .check(z.trim(), z.minLength(1, wholeSentence(missing)), z.maxLength(200, 'at most 200 characters'));
const Description = () => z.nullable(z.string().check(z.maxLength(2_000)));
const Role = () =>
  z
    .enum(['owner', 'admin', 'write', 'read'])
    .check(z.describe('The caller’s role; each includes the rights of those after it.'));
const Flag = () => z.union([z.literal(0), z.literal(1)]);

const Project = () =>
  z.object({
    id: Id(),
    name: z.string(),
    description: z.nullable(z.string()),
    created_at: Seconds(),
    updated_at: Seconds(),
    role: Role(),
  });

const instanceFields = () => ({
  id: Id(),
  name: z.string(),
  is_readonly: Flag().check(z.describe('1: nobody may write the instance’s keys.')),
  created_at: Seconds(),
  updated_at: Seconds(),
});

/** The capability authorizes the caller for the project or instance in question: see `reach.ts`. */
export const inInstances = {
  access: { caller: 'user', scope: 'read', within: 'instances' },
  runsIn: 'instances',
} as const;
/** Operations that need a session, a JWT, or an account key with the permission `admin`. */
export const inPerson = { access: { caller: 'user', scope: 'admin' }, runsIn: 'instances' } as const;
const refusals = ['not_found', 'not_authorized', 'not_logged_in', ...credentialErrors] as const;

export const projectsContract = {
  operations: {
    listProjects: operation({
      summary: 'List the caller’s own projects, and those that are shared with them or with a group of theirs.',
      input: () => z.object({}),
      output: () => z.object({ projects: z.array(Project()).check(z.describe('Most recently changed first.')) }),
      ...inInstances,
      errors: ['not_logged_in', ...credentialErrors],
      http: { method: 'GET', path: '/api/projects' },
    }),
    createProject: operation({
      summary: 'Create a project with an instance named `main`.',
      input: () => z.object({ name: Name('Name required'), description: z.optional(Description()) }),
      output: () =>
        z.object({
          id: Id(),
          name: z.string(),
          description: z.optional(z.string()),
          defaultInstanceId: Id(),
          created_at: Seconds(),
          updated_at: Seconds(),
        }),
      ...inPerson,
      errors: ['limit_exceeded', 'not_authorized', 'not_logged_in', ...credentialErrors],
      http: { method: 'POST', path: '/api/projects', status: 201 },
    }),
    getProject: operation({
      summary: 'Read a project.',
      input: () => z.object({ id: Id() }),
      output: Project,
      ...inInstances,
      errors: refusals,
      http: { method: 'GET', path: '/api/projects/{id}' },
    }),
    updateProject: operation({
      summary: 'Change a project. Absent fields stay as they are.',
      input: () =>
        z.object({ id: Id(), name: z.optional(Name('Name required')), description: z.optional(Description()) }),
      output: Success,
      ...inInstances,
      errors: refusals,
      http: { method: 'PUT', path: '/api/projects/{id}' },
    }),
    deleteProject: operation({
      summary: 'Delete a project with its instances and shares. All of them become inaccessible at once.',
      input: () => z.object({ id: Id() }),
      output: Success,
      ...inPerson,
      errors: refusals,
      http: { method: 'DELETE', path: '/api/projects/{id}' },
    }),
    listInstances: operation({
      summary: 'List the instances of a project, newest first.',
      input: () => z.object({ id: Id() }),
      output: () => z.object({ instances: z.array(z.object(instanceFields())) }),
      ...inInstances,
      errors: refusals,
      http: { method: 'GET', path: '/api/projects/{id}/instances' },
    }),
    createInstance: operation({
      summary: 'Create an instance in a project, empty or with a copy of another instance’s keys.',
      input: () =>
        z.object({
          id: Id(),
          name: Name('Name required'),
          cloneFrom: z.nullish(Id()).check(z.describe('The instance whose keys the server copies.')),
        }),
      output: () => z.object({ id: Id(), name: z.string() }),
      ...inInstances,
      errors: ['limit_exceeded', 'too_large', ...refusals],
      http: { method: 'POST', path: '/api/projects/{id}/instances', status: 201 },
    }),
    getInstance: operation({
      summary: 'Read an instance.',
      input: () => z.object({ id: Id() }),
      output: () => z.object({ ...instanceFields(), project_id: Id(), role: Role() }),
      ...inInstances,
      errors: refusals,
      http: { method: 'GET', path: '/api/instances/{id}' },
    }),
    updateInstance: operation({
      summary: 'Rename an instance, or make its keys read-only. Absent fields stay as they are.',
      input: () =>
        z.object({
          id: Id(),
          name: z.optional(Name('Name is required')),
          is_readonly: z.optional(z.union([Flag(), z.boolean()])),
        }),
      output: () => z.object(instanceFields()),
      ...inInstances,
      errors: refusals,
      http: { method: 'PATCH', path: '/api/instances/{id}' },
    }),
    deleteInstance: operation({
      summary:
        'Delete an instance with its keys and shares. It becomes inaccessible at once, and the server closes its sockets.',
      input: () => z.object({ id: Id() }),
      output: Success,
      ...inInstances,
      errors: refusals,
      http: { method: 'DELETE', path: '/api/instances/{id}' },
    }),
  },
  pushes: {},
};
