// What every process loads at its first call, whichever its runtime. A chunk of its own in the built program.
export { createSequenceClient } from '../sequence/client.ts';
export { createProcessLimiter as createLimiter } from '../sequence/process-limiter.ts';
