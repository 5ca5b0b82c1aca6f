import { protocol } from '../../functions/protocol.ts';
import { casualosWorld } from '../support/casualos.ts';
import { socketOperationsSuite } from '../support/suites/socket-operations.ts';

socketOperationsSuite(protocol, await casualosWorld({ anonymous: new Set(['insts']) }));
