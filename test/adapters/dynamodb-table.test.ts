import { tableSuite } from '../support/suites/table-suite.ts';
import { openTables } from '../support/tables.ts';

tableSuite('DynamoDB', openTables);
