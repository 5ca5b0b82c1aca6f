/**
 * Seeds for a property test, one run each. `SEEDS=200` makes 200 runs, `SEEDS=17-17` only that one. A failed test names
 * the seed that reproduces the failure.
 */
export function seeds(usual: number): readonly number[] {
  const [first = 1, last = usual] = range(process.env.SEEDS ?? String(usual));
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function range(text: string): number[] {
  const numbers = text.split('-').map(Number);
  return numbers.length === 1 ? [1, ...numbers] : numbers;
}
