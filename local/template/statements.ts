import { createAccess } from '../iam.ts';
import type { Statement } from '../parts.ts';
import { listOf, listOrOne, objectOf } from './json.ts';
import type { Resolver, Resource } from './resolver.ts';

/**
 * The statements of the role named `role`: its inline policies and those attached to it in the template. Policies that
 * AWS manages are left out (they allow writing logs). So are conditions, which only ever narrow a statement.
 */
export function statementsOf(resolver: Resolver, role: string): readonly Statement[] {
  const inline = resolver
    .of('AWS::IAM::Role')
    .filter((resource) => roleName(resolver, resource) === role)
    .flatMap((resource) =>
      listOf(resource.properties.Policies).flatMap((policy) =>
        documentStatements(resolver, resource, objectOf(policy).PolicyDocument),
      ),
    );
  const attached = resolver
    .of('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy')
    .filter((resource) => attachedTo(resolver, resource).includes(role))
    .flatMap((resource) => documentStatements(resolver, resource, resource.properties.PolicyDocument));
  return [...inline, ...attached];
}

/** The name of the role in an ARN. */
export function roleNameIn(arn: unknown): string {
  return String(arn).split('/').at(-1) ?? '';
}

/** Whether these statements allow an action, as IAM decides. */
export function isAllowed(statements: readonly Statement[], action: string, resource: string): boolean {
  const access = createAccess([
    { id: 'Role', codeDir: '', handler: '', environment: {}, timeoutSeconds: 1, memoryMb: 128, statements },
  ]);
  return access.allows(access.principalOf('Role').accessKeyId, action, resource);
}

function roleName(resolver: Resolver, resource: Resource): string {
  const own = resource.properties.RoleName;
  return own === undefined ? resource.id : String(resolver.lenient(resource, own));
}

function attachedTo(resolver: Resolver, resource: Resource): readonly unknown[] {
  const { Roles, RoleName } = resource.properties;
  return [...listOf(resolver.lenient(resource, Roles)), ...listOrOne(resolver.lenient(resource, RoleName))];
}

/** @throws Error for `NotAction` and `NotResource`, which no role here needs */
function documentStatements(resolver: Resolver, resource: Resource, document: unknown): readonly Statement[] {
  return listOrOne(objectOf(resolver.lenient(resource, document)).Statement).map((each) => {
    const statement = objectOf(each);
    if (statement.NotAction !== undefined || statement.NotResource !== undefined) {
      throw new Error(`${resource.id} uses NotAction or NotResource, which the local runtime does not know.`);
    }
    return {
      effect: statement.Effect === 'Deny' ? 'Deny' : 'Allow',
      actions: listOrOne(statement.Action).map(String),
      resources: listOrOne(statement.Resource).map(String),
    };
  });
}
