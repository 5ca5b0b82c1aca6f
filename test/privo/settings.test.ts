import { describe, expect, it } from '@jest/globals';
import { readSettings } from '../../functions/core/settings.ts';

const good = {
  gatewayEndpoint: 'https://gateway.example',
  publicEndpoint: 'https://privo.example',
  clientId: 'client',
  clientSecret: 'secret',
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
};
const read = (privo: unknown) => readSettings({ PRIVO: JSON.stringify(privo) }).privo;

describe('the setting PRIVO', () => {
  it('switches age-gated accounts on', () => {
    expect(readSettings({}).privo).toBeUndefined();
    expect(read(good)).toEqual(good);
    const { clientSecret: _, ...rest } = good;
    expect(read({ ...rest, clientSecretArn: 'arn', ageOfConsent: 13 })).toMatchObject({ ageOfConsent: 13 });
  });

  it.each<[string, object]>([
    ['without an address', { gatewayEndpoint: undefined }],
    ['with an address that is none', { publicEndpoint: 'privo' }],
    ['without a secret', { clientSecret: undefined }],
    ['with two secrets', { clientSecretArn: 'arn' }],
    ['without a role', { roleIds: { child: 'c', adult: 'a' } }],
    ['without a feature', { featureIds: { ...good.featureIds, buildAIEggs: '' } }],
    ['with no age', { ageOfConsent: 0 }],
    ['with scopes that are no text', { userTokenScopes: ['openid'] }],
  ])('%s stops the start with its name, and does not show what it holds', (_, wrong) => {
    expect(() => read({ ...good, ...wrong })).toThrow('The setting PRIVO does not have the documented form.');
  });
});
