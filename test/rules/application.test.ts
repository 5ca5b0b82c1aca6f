import { describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { defineApp } from '../../functions/core/app.ts';
import type { RuleDefinition } from '../../functions/core/rule-definition.ts';
import { checkRules } from '../../functions/rules/application.ts';
import { emits, ruleNamed } from '../support/rules.ts';

const rule = ruleNamed('r', { trigger: { type: 'event', topic: 'a' }, actions: [emits('b')] });
const check = (definitions: readonly RuleDefinition[]) => () =>
  checkRules(defineApp({ name: 'test', rules: { definitions } }));

describe('an application', () => {
  it('may have rules, none, or the ones of the example', () => {
    expect(check([rule, { ...rule, id: 'other' }])).not.toThrow();
    expect(() => checkRules(defineApp({ name: 'test' }))).not.toThrow();
    expect(() => checkRules(app)).not.toThrow();
  });

  it('whose rules cannot work is not built, and is told which', () => {
    expect(check([rule, { ...rule, id: 'bad', trigger: { type: 'event', topic: '' } }])).toThrow(
      'Rule "bad": trigger.topic: ',
    );
    expect(check([rule, rule])).toThrow('Rule "r": there are two of this id');
    expect(check([{ ...rule, group: 'nothing' }])).toThrow('Rule "r": "nothing" is no group');
  });
});
