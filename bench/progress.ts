/** One line on what is being measured; the table itself is the only thing on standard output. */
export function progress(what: string): void {
  process.stderr.write(`${what} ...\n`);
}
