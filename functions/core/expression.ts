/** A DynamoDB expression with its placeholders: `#name` for every attribute, `:v0` for every value. */
export interface Expression {
  readonly text: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: readonly unknown[];
}

const attribute = /(?<![:#\w])[a-z][A-Za-z0-9_]*(?![\w(]|\s*\()/g;

/**
 * Writes an expression in DynamoDB's own language: ex`SET epoch = if_not_exists(epoch, ${id}) ADD sequence ${1}`.
 * Lower-case words are attribute names (so that reserved words need no thought), keywords are upper-case, and a word
 * before a parenthesis is a function. A name that is data goes in through {@link named}.
 */
export function ex(parts: TemplateStringsArray, ...given: readonly unknown[]): Expression {
  const names: Record<string, string> = {};
  const values: unknown[] = [];
  let text = '';
  parts.forEach((part, index) => {
    text += part.replace(attribute, (name) => {
      names[`#${name}`] = name;
      return `#${name}`;
    });
    if (index >= given.length) return;
    const value = given[index];
    if (value instanceof Named) {
      // A capital letter: attributes in the text begin with a small one.
      const placeholder = `#N${Object.keys(names).length}`;
      names[placeholder] = value.name;
      text += placeholder;
    } else {
      text += `:v${values.length}`;
      values.push(value);
    }
  });
  return { text, names, values };
}

class Named {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** An attribute or map key whose name is data: ex`SET sent.${named(id)} = ${version}`. */
export function named(name: string): Named {
  return new Named(name);
}

/** Writes the fields that are there; those that are absent stay as they are. At least one has to be given. */
export function setting(fields: object): Expression {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return {
    text: `SET ${given.map((_, at) => `#f${at} = :v${at}`).join(', ')}`,
    names: Object.fromEntries(given.map(([field], at) => [`#f${at}`, field])),
    values: given.map(([, value]) => value),
  };
}
