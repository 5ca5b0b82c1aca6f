import { implement } from '../core/implement.ts';
import { protocol } from '../protocol.ts';
import { aboutContract } from './contract.ts';
import { describeProcedures } from './procedures.ts';

export const about = implement('about', aboutContract, {
  health: async ({ settings }) => ({ status: 'ok' as const, environment: settings.environment }),
  listProcedures: async () => ({ procedures: describeProcedures(Object.values(protocol)) }),
});
