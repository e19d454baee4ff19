#!/usr/bin/env node
// The published bin, in syntax that an old Node can parse, to tell a person what is wrong. 20.3 is the
// oldest version that it was run on. Bun and Deno state the Node that they match.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 3)) {
  process.stderr.write(
    `sequence-mcp-server needs Node.js 20.3 or later; this is ${process.version}.\n`,
  );
  process.exitCode = 1;
} else {
  import('./cli.ts').catch((error) => {
    // Deno wants a permission to load the other files of the built program. Its message names the flag.
    if (error.name !== 'NotCapable') throw error;
    process.stderr.write(`sequence-mcp-server: ${error.message}.\n`);
    process.exitCode = 1;
  });
}
