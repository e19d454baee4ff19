import type { Runtime } from './programs.ts';

/** A row of the report. Goals are for the median on Node 20. */
export interface Figure {
  /** With its unit. An indented one has no goal: it is what others are divided by. */
  readonly name: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** How many digits are shown behind the point; 2 unless told. */
  readonly digits?: number;
}

export type Figures = Readonly<Record<string, Figure>>;
/** A value for each figure. */
export type Values<F extends Figures = Figures> = { readonly [key in keyof F]: number };

/** Figures that are measured together. */
export interface Part<F extends Figures = Figures, V extends Values<F> = Values<F>> {
  readonly figures: F;
  /** How many rounds make up a full run and a quick one. */
  readonly rounds: { readonly full: number; readonly quick: number };
  /** Where the figures do not depend on the runtime, they are taken on Node alone. */
  readonly once?: boolean;
  /** One round; `upstream` is the URL of the program in upstream.ts. */
  readonly measure: (runtime: Runtime, upstream: string) => Promise<V>;
}

/** An identity function: a value without a figure, and a figure without a value, are type errors. */
export function definePart<F extends Figures, V extends Values<F>>(
  part: Part<F, V & Record<Exclude<keyof V, keyof F>, never>>,
): Part<F> {
  return part;
}
