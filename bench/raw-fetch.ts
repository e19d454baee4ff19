// The least that 200 calls can cost in memory: for each line of stdin, a query, it fetches that page and writes a line.
import { fetchPage, onLine } from './stdin.ts';

onLine(async (query) => process.stdout.write(`${(await fetchPage(query)).items.length}\n`));
