// Memory and sockets of a process on stdio after many calls and endless responses.
import { describe, expect, it } from 'vitest';
import { openFiles, residentKb } from '../support/proc.ts';
import { built, keyed, type Program } from '../support/programs.ts';
import { clean, find, hello, start } from '../support/stdio-process.ts';
import { startSequence, startUpstream } from '../support/upstream.ts';

describe.each(built)('the process on $name', (program) => {
  it('leaves no sockets and no memory behind after thousands of calls', { timeout: 180_000 }, async () => {
    await using upstream = await startSequence({ aliases: [] });
    const server = start(thrifty(program), [], keyed(upstream.url, { SEQUENCE_REQUESTS_PER_MINUTE: '100000' }));
    server.child.stdin.write(hello);
    await server.answer(1);
    let id = 1;
    const call = async (times: number) => {
      for (let n = 0; n < times; n++) {
        server.child.stdin.write(find(++id));
        await server.answer(id);
      }
    };
    const pid = server.child.pid ?? 0;
    // By now the heap has its working size.
    await call(2_000);
    const before = { files: openFiles(pid), memory: residentKb(pid) };
    await call(4_000);
    expect(openFiles(pid)).toBeLessThanOrEqual(before.files + 2);
    // Detects a leak of 10 kB a call, less than a call's own memory while it runs.
    expect(residentKb(pid)).toBeLessThan(before.memory + 4_000 * 10);
    expect(server.stderr()).toBe('');
    server.child.stdin.end();
    expect(await server.ended).toEqual(clean);
  });

  it('bounds its memory for responses of any size', async () => {
    const flood = Buffer.alloc(1024 * 1024, ' ');
    await using upstream = await startUpstream((_, response) => {
      const pump = () => {
        while (response.write(flood));
        response.once('drain', pump);
      };
      pump();
    });
    const server = start(program, [], keyed(upstream.url));
    server.child.stdin.write(hello);
    await server.answer(1);
    const before = residentKb(server.child.pid ?? 0);
    for (let id = 2; id < 22; id++) {
      server.child.stdin.write(find(id));
      expect((await server.answer(id)).result).toMatchObject({ isError: true });
    }
    expect(residentKb(server.child.pid ?? 0)).toBeLessThan(before + 150 * 1_000);
    server.child.stdin.end();
    expect(await server.ended).toEqual(clean);
  });
});

/** The program with a small heap: otherwise V8 would keep hundreds of megabytes of garbage. */
function thrifty({ name, command, args }: Program): Program {
  const heap = ['--max-semi-space-size=1', '--max-old-space-size=64'];
  if (name === 'node') return { name, command, args: [...heap, ...args] };
  if (name === 'deno') return { name, command, args: ['run', `--v8-flags=${heap.join(',')}`, ...args.slice(1)] };
  return { name, command, args };
}
