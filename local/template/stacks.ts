import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isObject, type JsonObject, objectOf, optionalText } from './json.ts';

/** One stack of a cloud assembly, as synthesized, with unresolved references. */
export interface StackTemplate {
  readonly name: string;
  readonly resources: Readonly<Record<string, JsonObject>>;
  readonly outputs: JsonObject;
  readonly parameters: JsonObject;
  /** Folder of the asset that the template names by its S3 key; undefined for an unknown key. */
  assetDir(key: string): string | undefined;
}

/**
 * Every stack of the cloud assembly in `directory`, including those of nested assemblies (CDK stages).
 * @throws Error if there is no assembly, or a stack contains another one
 */
export function readStacks(directory: string): readonly StackTemplate[] {
  const manifestFile = path.join(directory, 'manifest.json');
  if (!existsSync(manifestFile)) throw new Error(`${directory} holds no cloud assembly: manifest.json is missing.`);
  const artifacts = Object.entries(objectOf(readJson(manifestFile).artifacts)).map(
    ([id, artifact]) => [id, objectOf(artifact)] as const,
  );
  const assets = new Map<string, string>();
  for (const [, artifact] of artifacts) {
    if (artifact.type !== 'cdk:asset-manifest') continue;
    addAssets(assets, directory, optionalText(objectOf(artifact.properties).file));
  }
  return artifacts.flatMap(([id, artifact]) => {
    const properties = objectOf(artifact.properties);
    if (artifact.type === 'cdk:cloud-assembly') {
      return readStacks(path.join(directory, optionalText(properties.directoryName) ?? id));
    }
    if (artifact.type !== 'aws:cloudformation:stack') return [];
    const file = path.join(directory, optionalText(properties.templateFile) ?? `${id}.template.json`);
    return [stackOf(optionalText(properties.stackName) ?? id, readJson(file), assets)];
  });
}

function stackOf(name: string, template: JsonObject, assets: ReadonlyMap<string, string>): StackTemplate {
  const resources: Record<string, JsonObject> = {};
  for (const [id, resource] of Object.entries(objectOf(template.Resources))) {
    if (!isObject(resource)) continue;
    if (resource.Type === 'AWS::CloudFormation::Stack') {
      throw new Error(`${id} in the stack ${name} is a nested stack, which the local runtime does not read.`);
    }
    resources[id] = resource;
  }
  return {
    name,
    resources,
    outputs: objectOf(template.Outputs),
    parameters: objectOf(template.Parameters),
    assetDir: (key) => assets.get(path.basename(key).replace(/\.zip$/, '')),
  };
}

function addAssets(assets: Map<string, string>, directory: string, file: string | undefined): void {
  if (file === undefined) return;
  for (const [hash, asset] of Object.entries(objectOf(readJson(path.join(directory, file)).files))) {
    const source = optionalText(objectOf(objectOf(asset).source).path);
    if (source !== undefined) assets.set(hash, path.resolve(directory, source));
  }
}

function readJson(file: string): JsonObject {
  return objectOf(JSON.parse(readFileSync(file, 'utf8')));
}
