import { config } from 'zod';

// zod would compile schemas with `new Function`, which takes 5 % of the start-up time and is
// forbidden on Workers. Schemas read this when they are created, so it is imported first.
config({ jitless: true });
