// What a list call is held against: for each line of stdin, a path, it fetches and parses that page and writes a line.
const [base = ''] = process.argv.slice(2);
const headers = {
  authorization: 'Basic YmVuY2g6YmVuY2g=',
  'sequence-version': '2024-07-30',
  accept: 'application/json',
};

async function get(path: string): Promise<void> {
  const response = await fetch(base + path, { headers });
  const page = (await response.json()) as { items: unknown[] };
  process.stdout.write(`${page.items.length}\n`);
}

let rest = '';
process.stdin.setEncoding('utf8').on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) get(line);
});
