/** A page with its script and style inlined, as the bundler provides it: gzipped, in base64. */
declare module '*.page.html' {
  const packed: string;
  export default packed;
}
