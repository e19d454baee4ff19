/** Hands over each line of stdin. */
export function onLine(take: (line: string) => void): void {
  let rest = '';
  process.stdin.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(take);
  });
}

const headers = {
  authorization: 'Basic YmVuY2g6YmVuY2g=',
  'sequence-version': '2024-07-30',
  accept: 'application/json',
};

interface Page {
  readonly items: readonly Record<'value' | 'customerId' | 'label' | 'archivedAt' | 'deletedAt', string | null>[];
  readonly pagination: { readonly after?: string; readonly before?: string; readonly totalResultSize: number };
}

/** Fetches and parses a page of the API whose URL is the program's argument. Nothing is checked. */
export async function fetchPage(query: string): Promise<Page> {
  const response = await fetch(`${process.argv[2]}/customer-aliases?${query}`, { headers });
  return (await response.json()) as Page;
}
