import { availableParallelism } from 'node:os';

export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/test/browser/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/build/strip-types.cjs' },
  moduleFileExtensions: ['ts', 'mjs', 'js', 'cjs', 'json'],
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/dist', '<rootDir>/.chorus'],
  // Not how long a test takes: what a machine that is busy with something else may take at most.
  testTimeout: 180_000,
  // Tests mostly wait, for sockets, the table and whole servers: more of them at a time than there are processors.
  maxWorkers: availableParallelism() + 2,
};
