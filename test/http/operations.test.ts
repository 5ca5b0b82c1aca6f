import { beforeAll } from '@jest/globals';
import { protocol } from '../../functions/protocol.ts';
import { operationsSuite, superUserAddress } from '../support/suites/operations.ts';
import { makeWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld({
    anonymous: new Set(),
    superUserAddresses: new Set([superUserAddress]),
    adminToken: 'the token of operators',
    clerk: {
      secretKey: undefined,
      jwksUrl: undefined,
      issuer: undefined,
      authorizedParties: [],
      webhookSecret: 'whsec_c2VjcmV0',
    },
  });
});

operationsSuite(protocol, () => world);
