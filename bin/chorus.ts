import { Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { buildFunctions } from '../build/functions.ts';
import { createApp } from '../lib/app.ts';

await buildFunctions();
const app = createApp();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
