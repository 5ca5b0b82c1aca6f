import { defineApp } from '../functions/core/app.ts';

/** What this deployment adds in code. See docs/architecture.md, "The application module". */
export default defineApp({ name: 'chorus' });
