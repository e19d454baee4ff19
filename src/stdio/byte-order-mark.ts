import { type Readable, Transform } from 'node:stream';

const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The input without a byte order mark at its beginning, which some hosts on Windows send: it would spoil the first message. */
export function withoutByteOrderMark(input: Readable): Readable {
  let head: Buffer | undefined = Buffer.alloc(0);
  const output = new Transform({
    transform(chunk: Buffer, _, done) {
      if (!head) return done(null, chunk);
      head = Buffer.concat([head, chunk]);
      const start = head.subarray(0, MARK.length);
      // It may come a byte at a time.
      if (start.length < MARK.length && MARK.indexOf(start) === 0) return done();
      const rest = start.equals(MARK) ? head.subarray(MARK.length) : head;
      head = undefined;
      done(null, rest);
    },
  });
  // A pipe passes on the end, but not a failure or a close before it.
  input.on('error', (error) => output.destroy(error)).on('close', () => output.end());
  return input.pipe(output);
}
