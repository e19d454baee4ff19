import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The beginnings of the demo steps in the picture. */
const SHOWN = ['Find: ', 'An archived alias: ', 'A typo: '];
const COLUMNS = 66;
/** In pixels. Characters of monospaced fonts are up to 0.61 of the font size wide. */
const [FONT, LINE, MARGIN] = [14, 20, 24];
const WIDTH = 2 * MARGIN + Math.ceil(COLUMNS * FONT * 0.61);

/** Colours of both schemes, with a contrast of at least 4.5 to the background. */
const STYLE = `
text { font: ${FONT}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; fill: #1f2328 }
.window { fill: #f6f8fa; stroke: #d1d9e0 }
.why { font-weight: bold }
.call { fill: #0550ae }
.key { fill: #59636e }
.found { fill: #116329; font-weight: bold }
.careful { fill: #8a4600; font-weight: bold }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .window { fill: #151b23; stroke: #3d444d }
  .call { fill: #79c0ff }
  .key { fill: #9198a1 }
  .found { fill: #56d364 }
  .careful { fill: #e3b341 }
}
`;

/** An SVG of the current output of `npm run demo`: a match, an archived alias, and a typo. */
export async function drawDemo(): Promise<string> {
  const demo = fileURLToPath(new URL('demo.ts', import.meta.url));
  const env = { PATH: process.env['PATH'] ?? '', COLUMNS: `${COLUMNS}` };
  const { stdout } = await promisify(execFile)(process.execPath, [demo], { env });
  const steps = stdout.split('\n\n').map((step) => step.replace(/^\d+\. /, ''));
  const lines = SHOWN.flatMap((start, index) => {
    const step = steps.find((text) => text.startsWith(start));
    if (!step) throw new Error(`The demo has no step that begins with “${start}”.`);
    return [...(index === 0 ? [] : ['']), ...step.split('\n')];
  });
  const height = 2 * MARGIN + lines.length * LINE;
  const texts = lines.map((line, row) => draw(line, MARGIN + row * LINE + FONT)).filter(Boolean);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" xml:space="preserve">
<title>What an agent asks and reads: ${SHOWN.map((start) => start.replace(': ', '').toLowerCase()).join(', ')}</title>
<style>${STYLE}</style>
<rect class="window" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
${texts.join('\n')}
</svg>
`;
}

/** A line of the demo's output as a text element, coloured by its kind. */
function draw(line: string, y: number): string {
  if (line === '') return '';
  const kind = line.startsWith('   >') ? 'call' : line.startsWith(' ') ? undefined : 'why';
  const escaped = line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const coloured = escaped
    .replace(
      /("outcome": )("\w+")/,
      (_, key, value) => `${key}<tspan class="${value === '"found"' ? 'found' : 'careful'}">${value}</tspan>`,
    )
    .replace(/^( +)("\w+":)/, '$1<tspan class="key">$2</tspan>');
  return `<text x="${MARGIN}" y="${y}"${kind ? ` class="${kind}"` : ''}>${coloured}</text>`;
}
