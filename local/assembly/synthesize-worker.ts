import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import { createApp } from '../../lib/app.ts';
import { objectOf } from '../template/json.ts';

const { outdir, settings } = workerData;
const project = objectOf(JSON.parse(readFileSync(path.join(import.meta.dirname, '../../cdk.json'), 'utf8')));
// A laptop has its own tables.
const { existingTable, replicas, ...chorus } = objectOf(objectOf(project.context).chorus);
// As the CDK CLI passes context: a member of an object here replaces the one in cdk.json.
process.env.CDK_CONTEXT_JSON = JSON.stringify({
  chorus: { ...chorus, ...settings, rooms: { ...objectOf(chorus.rooms), ...objectOf(settings.rooms) } },
});
createApp(outdir).synth();
