import { ACCOUNT, type Address, addresses, REGION } from './addresses.ts';
import { isObject, type JsonObject, listOf, objectOf, optionalText } from './json.ts';
import type { StackTemplate } from './stacks.ts';

/** A resource with its stack. */
export interface Resource {
  readonly stack: StackTemplate;
  /** Logical id in its own stack. */
  readonly name: string;
  /** The logical id, preceded by the stack's name if two stacks use the same one. */
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
}

/** The resources of all stacks, and their references resolved. */
export interface Resolver {
  of(...types: string[]): readonly Resource[];
  /** `Ref` of a resource of a known type. */
  ref(resource: Resource): string;
  /** `Fn::GetAtt` of a resource of a known type. */
  attribute(resource: Resource, key: string): string;
  /**
   * `node` of a resource's properties with every reference replaced. A resource of an unknown type becomes
   * `unknown:<logical id>`, which matches nothing.
   */
  lenient(owner: Resource, node: unknown): unknown;
  /** The same, but strict. @throws Error naming the logical id if it refers to a resource of an unknown type */
  strict(owner: Resource, node: unknown): unknown;
}

/** `Fn::…` and `Ref` of CloudFormation over all stacks of an assembly. `origin` is the URL of the local runtime. */
export function createResolver(stacks: readonly StackTemplate[], origin: string): Resolver {
  const resources = listResources(stacks);
  const known = new Map<Resource, Address>();

  function addressOf(resource: Resource, strict: boolean): Address | undefined {
    const make = addresses[resource.type];
    if (make === undefined) {
      if (!strict) return undefined;
      throw new Error(`${resource.id} has the type ${resource.type}, which the local runtime does not know.`);
    }
    const found = known.get(resource);
    if (found !== undefined) return found;
    const property = (name: string) => {
      const value = resolve(resource.stack, resource.properties[name], strict);
      return value === undefined ? undefined : String(value);
    };
    const address = make({ id: resource.id, property, origin });
    known.set(resource, address);
    return address;
  }

  function reference(stack: StackTemplate, name: string, strict: boolean): unknown {
    const pseudo = pseudoParameter(stack, name);
    if (pseudo !== undefined) return pseudo;
    if (name === 'AWS::NoValue') return undefined;
    const parameter = stack.parameters[name];
    if (parameter !== undefined) return objectOf(parameter).Default;
    const resource = find(stack, name);
    return addressOf(resource, strict)?.ref ?? `unknown:${resource.id}`;
  }

  function attribute(stack: StackTemplate, name: string, key: string, strict: boolean): string {
    const resource = find(stack, name);
    const address = addressOf(resource, strict);
    const value = address?.attributes[key];
    if (value === undefined && address !== undefined && strict) {
      throw new Error(`${resource.id} (${resource.type}) has no attribute ${key} that the local runtime knows.`);
    }
    return value ?? `unknown:${resource.id}.${key}`;
  }

  function find(stack: StackTemplate, name: string): Resource {
    const resource = resources.find((each) => each.stack === stack && each.name === name);
    if (resource === undefined) throw new Error(`The stack ${stack.name} refers to ${name}, which it does not have.`);
    return resource;
  }

  function imported(name: unknown, strict: boolean): unknown {
    for (const stack of stacks) {
      for (const output of Object.values(stack.outputs)) {
        const { Export, Value } = objectOf(output);
        if (Export !== undefined && resolve(stack, objectOf(Export).Name, strict) === name) {
          return resolve(stack, Value, strict);
        }
      }
    }
    throw new Error(`No stack of the assembly exports ${String(name)}.`);
  }

  function stackOutput(argument: JsonObject, strict: boolean): unknown {
    const stack = stacks.find((each) => each.name === argument.StackName);
    const output = stack?.outputs[String(argument.OutputName)];
    if (stack === undefined || output === undefined) {
      throw new Error(`No stack ${String(argument.StackName)} has the output ${String(argument.OutputName)}.`);
    }
    return resolve(stack, objectOf(output).Value, strict);
  }

  function substitute(stack: StackTemplate, argument: unknown, strict: boolean): string {
    const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
    return String(template).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      const own = objectOf(variables)[name];
      if (own !== undefined) return String(resolve(stack, own, strict));
      const [resource = '', key] = name.split(/\.(.*)/);
      return String(key === undefined ? reference(stack, name, strict) : attribute(stack, resource, key, strict));
    });
  }

  function intrinsic(stack: StackTemplate, name: string, argument: unknown, strict: boolean): unknown {
    const inner = (node: unknown) => resolve(stack, node, strict);
    switch (name) {
      case 'Ref':
        return reference(stack, String(argument), strict);
      case 'Fn::GetAtt': {
        const [resource = '', key = ''] = typeof argument === 'string' ? argument.split(/\.(.*)/) : listOf(argument);
        return attribute(stack, String(resource), String(key), strict);
      }
      case 'Fn::Join': {
        const [separator, parts] = listOf(argument);
        return listOf(inner(parts)).join(String(separator));
      }
      case 'Fn::Sub':
        return substitute(stack, argument, strict);
      case 'Fn::Select': {
        const [index, values] = listOf(argument);
        return listOf(inner(values))[Number(inner(index))];
      }
      case 'Fn::Split': {
        const [separator, text] = listOf(argument);
        return String(inner(text)).split(String(separator));
      }
      case 'Fn::ImportValue':
        return imported(inner(argument), strict);
      case 'Fn::GetStackOutput':
        return stackOutput(objectOf(inner(argument)), strict);
      case 'Fn::GetAZs':
        return [`${REGION}a`, `${REGION}b`];
      default:
        if (strict) throw new Error(`The local runtime does not know ${name} (stack ${stack.name}).`);
        return `unknown:${name}`;
    }
  }

  function resolve(stack: StackTemplate, node: unknown, strict: boolean): unknown {
    if (Array.isArray(node)) {
      return node.map((each) => resolve(stack, each, strict)).filter((each) => each !== undefined);
    }
    if (!isObject(node)) return node;
    const [first, ...others] = Object.keys(node);
    if (first !== undefined && others.length === 0 && (first === 'Ref' || first.startsWith('Fn::'))) {
      return intrinsic(stack, first, node[first], strict);
    }
    return Object.fromEntries(
      Object.entries(node)
        .map(([key, value]) => [key, resolve(stack, value, strict)] as const)
        .filter(([, value]) => value !== undefined),
    );
  }

  return {
    of: (...types) => resources.filter((resource) => types.includes(resource.type)),
    ref: (resource) => String(reference(resource.stack, resource.name, true)),
    attribute: (resource, key) => attribute(resource.stack, resource.name, key, true),
    lenient: (owner, node) => resolve(owner.stack, node, false),
    strict: (owner, node) => resolve(owner.stack, node, true),
  };
}

function listResources(stacks: readonly StackTemplate[]): readonly Resource[] {
  const uses = new Map<string, number>();
  for (const id of stacks.flatMap((stack) => Object.keys(stack.resources))) uses.set(id, (uses.get(id) ?? 0) + 1);
  return stacks.flatMap((stack) =>
    Object.entries(stack.resources).map(([name, raw]) => ({
      stack,
      name,
      id: uses.get(name) === 1 ? name : `${stack.name}-${name}`,
      type: optionalText(raw.Type) ?? '',
      properties: objectOf(raw.Properties),
    })),
  );
}

function pseudoParameter(stack: StackTemplate, name: string): string | undefined {
  const values: Readonly<Record<string, string>> = {
    'AWS::AccountId': ACCOUNT,
    'AWS::Region': REGION,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stack.name,
    'AWS::StackId': `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${stack.name}/local`,
  };
  return values[name];
}
