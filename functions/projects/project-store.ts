import { keys } from '../core/keys.ts';
import type { Item, Table } from '../core/table.ts';
import type { Project } from './instance.ts';

export async function readProject(table: Table, id: string): Promise<Project | undefined> {
  return projectOf(await table.get(keys.project(id)));
}

export function projectItem(project: Project) {
  return { ...keys.project(project.id), ...project };
}

export function projectOf(item: Item | undefined): Project | undefined {
  // Such items are only made above.
  return item && (item as unknown as Project);
}
