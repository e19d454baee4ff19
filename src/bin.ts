#!/usr/bin/env node
// The published bin. Old Nodes can parse it, so that they can print which version is needed.
// 20.3 is the oldest version tested. Bun and Deno report the Node version that they match.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 3)) {
  process.stderr.write(
    `sequence-mcp-server needs Node.js 20.3 or later; this is ${process.version}.\n`,
  );
  process.exitCode = 1;
} else {
  import('./cli.ts').catch((error) => {
    // Deno needs a permission to load the program's other files. Its message names the flag.
    if (error.name !== 'NotCapable') throw error;
    process.stderr.write(`sequence-mcp-server: ${error.message}.\n`);
    process.exitCode = 1;
  });
}
