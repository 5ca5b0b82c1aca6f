/** A page with its script and style in it, as the bundler hands it out: gzipped, in base64. */
declare module '*.page.html' {
  const packed: string;
  export default packed;
}
