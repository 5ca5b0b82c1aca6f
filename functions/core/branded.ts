/** A string or number that the compiler keeps apart from others of the same base type. */
export type Branded<Base, Name extends string> = Base & { readonly __brand: Name };

/** Brands a raw value. Only doors and stores do this, with values from a gateway event or from the table. */
export function branded<T extends Branded<string, string> | Branded<number, string>>(
  value: T extends string ? string : number,
): T {
  return value as unknown as T; // the brand exists in types only
}
