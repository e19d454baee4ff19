import { config } from 'zod';

// zod would compile schemas with `new Function`, which costs a twentieth of the start and which
// Workers refuse. Schemas look at this when they are made, so it is imported first.
config({ jitless: true });
