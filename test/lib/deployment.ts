import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { App } from 'aws-cdk-lib/core';
import type { ChorusProps } from '../../lib/chorus-props.ts';
import { ChorusStack } from '../../lib/chorus-stack.ts';
import { DataStack, type DataStackProps } from '../../lib/data-stack.ts';

/** A resource as the template has it. */
export interface Resource {
  readonly Type: string;
  // What stands in a template is JSON of CloudFormation's making; each test looks at the part it knows.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Deployment {
  readonly data: Template;
  readonly chorus: Template;
}

/** The templates hold hashes of the bundles; a process of its own, for esbuild is not at home inside jest. */
export function bundleFunctions(): void {
  const build = path.join(import.meta.dirname, '../../build/functions.ts');
  execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', build], { stdio: 'pipe' });
}

/** An app whose templates are what is tested: the library's own validation of them takes seconds and is the deployment's. */
export function newApp(): App {
  return new App({ builtinCloudFormationValidation: false });
}

/** Settings of the right form. */
export const privo = {
  gatewayEndpoint: 'https://gateway.example',
  publicEndpoint: 'https://privo.example',
  clientId: 'client',
  clientSecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:privo-AbCdEf',
  redirectUri: 'https://app.example/redirect',
  roleIds: { child: 'c', parent: 'p', adult: 'a' },
  featureIds: {
    childPrivoSSO: '1',
    adultPrivoSSO: '2',
    joinAndCollaborate: '3',
    publishProjects: '4',
    projectDevelopment: '5',
    buildAIEggs: '6',
  },
} as const;

let bundled = false;

/** The two stacks of a deployment with these settings. */
export function deploymentOf(
  props: Omit<ChorusProps, 'data' | 'removal'> = {},
  dataProps: DataStackProps = {},
): Deployment {
  if (!bundled) bundleFunctions();
  bundled = true;
  const app = newApp();
  const stateful = new DataStack(app, 'TestData', dataProps);
  const stateless = new ChorusStack(app, 'Test', { chorus: { ...props, data: stateful.data } });
  return { data: Template.fromStack(stateful), chorus: Template.fromStack(stateless) };
}

/** Resources of one type by logical id. */
export function resourcesOf(template: Template, type: string): Readonly<Record<string, Resource>> {
  return template.findResources(type) as Record<string, Resource>;
}

/** The only resource of a type whose logical id contains `part`. */
export function resource(template: Template, type: string, part: string): Resource {
  const found = Object.entries(resourcesOf(template, type)).filter(([id]) => id.includes(part));
  const [one] = found;
  if (one === undefined || found.length > 1) throw new Error(`${found.length} resources of ${type} contain ${part}.`);
  return one[1];
}

/** References as text, `{Ref: X}` and `{GetAtt: [X, …]}` as X, imports by what they import: enough to compare targets. */
export function flat(node: unknown): string {
  if (typeof node === 'string') return node;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join, 'Fn::ImportValue': imported } = Object(node);
  if (join !== undefined) return join[1].map(flat).join(join[0]);
  if (imported !== undefined) return flat(imported);
  return attribute === undefined ? String(Ref ?? JSON.stringify(node)) : attribute[0];
}
