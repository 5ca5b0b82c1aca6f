import { S3Error } from './errors.ts';

/** The small part of XML that S3 uses: flat documents in both directions. */

/** Element content: text, nested elements, or several elements of one name. */
export type XmlValue = string | number | boolean | undefined | XmlTree | readonly (string | XmlTree)[];
export interface XmlTree {
  readonly [element: string]: XmlValue;
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A whole document. Undefined elements are left out; an array repeats its element. */
export function xmlDocument(root: string, tree: XmlTree, namespace = true): string {
  const attribute = namespace ? ` xmlns="${NAMESPACE}"` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${content(tree)}</${root}>`;
}

function content(tree: XmlTree): string {
  return Object.entries(tree)
    .flatMap(([name, value]) => {
      if (value === undefined) return [];
      const values = Array.isArray(value) ? (value as readonly XmlValue[]) : [value]; // isArray does not narrow readonly arrays
      return values.map(
        (each) => `<${name}>${typeof each === 'object' ? content(each as XmlTree) : escaped(String(each))}</${name}>`,
      );
    })
    .join('');
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;');
}

/**
 * Raw content of every element of that name, in order. In S3's documents, an element never contains another of its
 * name.
 */
export function elements(xml: string, name: string): string[] {
  const found: string[] = [];
  const open = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^<>]*)?(/?)>`, 'g');
  const close = new RegExp(`</(?:\\w+:)?${name}\\s*>`, 'g');
  for (let match = open.exec(xml); match; match = open.exec(xml)) {
    if (match[1] === '/') {
      found.push('');
      continue;
    }
    close.lastIndex = open.lastIndex;
    const end = close.exec(xml);
    if (!end) throw malformed();
    found.push(xml.slice(open.lastIndex, end.index));
    open.lastIndex = close.lastIndex;
  }
  return found;
}

/** Text of the first element of that name; undefined if there is none. */
export function textOf(xml: string, name: string): string | undefined {
  const [raw] = elements(xml, name);
  return raw?.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));/g, (_, decimal, hex, named) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : undefined;
    if (code !== undefined && code <= 0x10ffff) return String.fromCodePoint(code);
    const character = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[String(named)];
    if (character === undefined) throw malformed();
    return character;
  });
}

export function malformed(): S3Error {
  return new S3Error(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}
