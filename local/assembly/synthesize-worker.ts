import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import { createApp } from '../../lib/app.ts';
import { objectOf } from '../template/json.ts';

const { outdir, settings } = workerData;
const project = objectOf(JSON.parse(readFileSync(path.join(import.meta.dirname, '../../cdk.json'), 'utf8')));
// A laptop has tables of its own.
const { existingTable, replicas, ...chorus } = objectOf(objectOf(project.context).chorus);
// As the CDK CLI hands context over; a member of an object there replaces what cdk.json says about it.
process.env.CDK_CONTEXT_JSON = JSON.stringify({
  chorus: { ...chorus, ...settings, rooms: { ...objectOf(chorus.rooms), ...objectOf(settings.rooms) } },
});
createApp(outdir).synth();
