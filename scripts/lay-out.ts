/** Formats JSON for a reader: one line for each field, whose value stays on that line if it fits `width` columns. */
export function layOut(value: unknown, width: number, margin = ''): string {
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const inner = `${margin}  `;
  const lines = Object.entries(Object(value)).map(([key, part]) => {
    const name = Array.isArray(value) ? '' : `"${key}": `;
    const line = `${inner}${name}${JSON.stringify(part, null, 1).replace(/\n\s*/g, ' ')}`;
    return line.length < width || typeof part !== 'object' ? line : `${inner}${name}${layOut(part, width, inner)}`;
  });
  return `${open}\n${lines.join(',\n')}\n${margin}${close}`;
}
