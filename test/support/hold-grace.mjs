// Loaded before the program: its drain goes on when it gets SIGUSR2, and not after its grace period of 2 s.
const { setTimeout } = globalThis;
globalThis.setTimeout = (work, milliseconds, ...rest) =>
  milliseconds === 2_000 ? void process.once('SIGUSR2', work) : setTimeout(work, milliseconds, ...rest);
