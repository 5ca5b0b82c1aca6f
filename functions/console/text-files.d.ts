/**
 * What the bundler hands out as text. `x.bundle.js` is the text of `x.ts` with all it imports, minified for browsers;
 * `x.bundle.css` is that of `x.css`.
 */
declare module '*.html' {
  const text: string;
  export default text;
}

declare module '*.bundle.css' {
  const text: string;
  export default text;
}

declare module '*.bundle.js' {
  const text: string;
  export default text;
}
