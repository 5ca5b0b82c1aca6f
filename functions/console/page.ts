/// <reference path="./text-files.d.ts" />
import style from './console.bundle.css';
import script from './console.bundle.js';
import markup from './index.html';

/** The page at `/`, as one text: nothing else has to be loaded. */
export default markup
  .replace(/\n\s+/g, '\n') // indentation
  .replace('/*console.css*/', () => style)
  .replace('/*console.ts*/', () => script);
