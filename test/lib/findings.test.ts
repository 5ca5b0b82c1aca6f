import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { bundleFunctions } from './deployment.ts';

const outdir = mkdtempSync(path.join(tmpdir(), 'chorus-findings-'));
const app = path.join(import.meta.dirname, '../../bin/chorus.ts');
beforeAll(bundleFunctions);

describe('the app that the CDK deploys', () => {
  it('has no finding of cdk-nag that is not explained: one of them would stop the deployment', () => {
    const env = { ...process.env, CDK_OUTDIR: outdir };
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', app], { env, stdio: 'pipe' });
    const { pluginReports } = JSON.parse(readFileSync(path.join(outdir, 'validation-report.json'), 'utf8'));
    expect(pluginReports.map(({ conclusion }: { conclusion: string }) => conclusion)).toEqual(['success']);
    rmSync(outdir, { recursive: true });
  });
});
