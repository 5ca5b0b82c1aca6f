/** A string or number that cannot be mistaken for another one of the same form. */
export type Branded<Base, Name extends string> = Base & { readonly __brand: Name };

/** Names a raw value. Only doors and stores do this: whatever comes from a gateway event or from the table. */
export function branded<T extends Branded<string, string> | Branded<number, string>>(
  value: T extends string ? string : number,
): T {
  return value as unknown as T; // the brand exists in types only
}
